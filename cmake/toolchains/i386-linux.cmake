# Cross build for 32-bit x86 with Debian's compiler; tests run under qemu-user.
set(_triple i686-linux-gnu)
set(_processor i386)
include("${CMAKE_CURRENT_LIST_DIR}/debian_cross.cmake")
