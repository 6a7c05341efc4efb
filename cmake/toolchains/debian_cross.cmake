# What the cross builds for other architectures of Linux share: Debian's g++-<triple> and qemu-user.
# In: _triple, and _processor as qemu calls it.
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR ${_processor})
set(CMAKE_C_COMPILER ${_triple}-gcc)
set(CMAKE_CXX_COMPILER ${_triple}-g++)

# Headers and libraries of the target only; programs (Python, for one) are the host's.
set(CMAKE_FIND_ROOT_PATH /usr/${_triple})
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
foreach(_what LIBRARY INCLUDE PACKAGE)
  set(CMAKE_FIND_ROOT_PATH_MODE_${_what} ONLY)
endforeach()
set(CMAKE_CROSSCOMPILING_EMULATOR qemu-${_processor} -L /usr/${_triple})
