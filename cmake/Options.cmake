# Options of the build and the flags that every target of ours gets (interface target sonde_options).
option(SONDE_WERROR "Treat warnings as errors" ON)
option(SONDE_LTO "Link-time optimisation of sonde (gcc)" OFF)
option(SONDE_FUZZ "Build tests/fuzz as libFuzzer targets (clang); no other tests" OFF)
option(SONDE_COVERAGE "Source-based coverage instrumentation (clang)" OFF)
option(SONDE_BENCH "Build tests/bench" ON)
set(SONDE_TESTS "AUTO" CACHE STRING "Build tests: AUTO (when doctest is installed), ON or OFF")
set_property(CACHE SONDE_TESTS PROPERTY STRINGS AUTO ON OFF)
set(SONDE_SANITIZE "" CACHE STRING "Sanitizers for everything, such as address,undefined")

if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE Release CACHE STRING "Build type" FORCE)
endif()
set(_static_runtime OFF)
if(CMAKE_BUILD_TYPE STREQUAL "Release" AND NOT SONDE_SANITIZE AND NOT APPLE AND NOT MSVC)
  set(_static_runtime ON)
endif()
option(SONDE_STATIC_RUNTIME "Link libstdc++, libgcc and libcap statically into sonde"
       ${_static_runtime})

set(CMAKE_CXX_STANDARD 23)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_CXX_SCAN_FOR_MODULES OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_LINK_DEPENDS_NO_SHARED ON)
set_property(GLOBAL PROPERTY USE_FOLDERS ON)

if(NOT CMAKE_CXX_COMPILER_LAUNCHER)
  find_program(SONDE_CCACHE ccache)
  if(SONDE_CCACHE)
    set(CMAKE_CXX_COMPILER_LAUNCHER "${SONDE_CCACHE}")
  endif()
endif()

add_library(sonde_options INTERFACE)
target_compile_options(sonde_options INTERFACE -Wall -Wextra -Wconversion -Wshadow -Wformat=2)
if(SONDE_WERROR)
  target_compile_options(sonde_options INTERFACE -Werror)
endif()
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
  # gcc 12 reports overlapping copies inside std::string's own operator+ (gcc bug 105651).
  target_compile_options(sonde_options INTERFACE -Wno-restrict)
endif()
target_compile_options(sonde_options INTERFACE -ffunction-sections -fdata-sections)
if(NOT APPLE)
  target_link_options(sonde_options INTERFACE -Wl,--gc-sections -Wl,--as-needed)
endif()

if(CMAKE_BUILD_TYPE STREQUAL "Release")
  # No path of the build machine in the binary, so that two clones build the same bytes.
  target_compile_options(sonde_options INTERFACE
                         "-ffile-prefix-map=${PROJECT_SOURCE_DIR}/=" -fstack-protector-strong)
  target_compile_definitions(sonde_options INTERFACE _FORTIFY_SOURCE=2)
else()
  target_compile_definitions(sonde_options INTERFACE _GLIBCXX_ASSERTIONS)
endif()

set(_instrument "")
if(SONDE_SANITIZE)
  list(APPEND _instrument "-fsanitize=${SONDE_SANITIZE}" -fno-sanitize-recover=all)
  if(CMAKE_CXX_COMPILER_ID MATCHES "Clang")
    list(APPEND _instrument
         "-fsanitize-ignorelist=${PROJECT_SOURCE_DIR}/cmake/sanitizer_ignore.txt")
  endif()
endif()
if(SONDE_FUZZ)
  list(APPEND _instrument -fsanitize=fuzzer-no-link)
endif()
if(SONDE_COVERAGE)
  list(APPEND _instrument -fprofile-instr-generate -fcoverage-mapping)
endif()
if(_instrument)
  target_compile_options(sonde_options INTERFACE ${_instrument} -fno-omit-frame-pointer)
  target_link_options(sonde_options INTERFACE ${_instrument})
endif()

# Only executables that ask for it (SONDE_WHOLE_PROGRAM) are linked so: objects carry both forms, and
# the many test programs link the plain one, which is quicker.
if(SONDE_LTO)
  target_compile_options(sonde_options INTERFACE -flto=auto -ffat-lto-objects)
  target_link_options(sonde_options INTERFACE
                      $<IF:$<BOOL:$<TARGET_PROPERTY:SONDE_WHOLE_PROGRAM>>,-flto=auto,-fno-lto>)
endif()
