# Cross build for s390x, which is big-endian, with Debian's compiler; tests run under qemu-user.
set(_triple s390x-linux-gnu)
set(_processor s390x)
include("${CMAKE_CURRENT_LIST_DIR}/debian_cross.cmake")
