# Cross build for 32-bit x86 with Debian's compiler; i386_run.sh runs the tests.
set(_triple i686-linux-gnu)
set(_processor i386)
include("${CMAKE_CURRENT_LIST_DIR}/debian_cross.cmake")
set(CMAKE_CROSSCOMPILING_EMULATOR "${CMAKE_CURRENT_LIST_DIR}/i386_run.sh")
