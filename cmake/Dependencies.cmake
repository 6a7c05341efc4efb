# Third-party libraries, each behind one interface target dep_<name>; the rest of the build names only
# these. They come from the system (Debian packages, listed in ./dev); nothing is downloaded.
# A cross build, which must not see the host's include directory, defines the same targets from
# staged headers instead of the find_package calls below.
if(CMAKE_CROSSCOMPILING)
  include(CrossDependencies)
  return()
endif()

find_package(Threads REQUIRED)

# Text. Header-only: one shared library less to load at start-up.
find_package(fmt 9 REQUIRED)
add_library(dep_fmt INTERFACE)
target_link_libraries(dep_fmt INTERFACE fmt::fmt-header-only)

# Diagnostics of the app, on stderr. Not spdlog::spdlog_header_only: that links the compiled fmt.
find_package(spdlog REQUIRED)
get_target_property(_spdlog_include spdlog::spdlog_header_only INTERFACE_INCLUDE_DIRECTORIES)
add_library(dep_spdlog INTERFACE)
target_include_directories(dep_spdlog SYSTEM INTERFACE ${_spdlog_include})
target_compile_definitions(dep_spdlog INTERFACE SPDLOG_HEADER_ONLY=1 SPDLOG_FMT_EXTERNAL=1)
target_link_libraries(dep_spdlog INTERFACE dep_fmt Threads::Threads)

# The command line.
find_package(CLI11 REQUIRED)
add_library(dep_cli11 INTERFACE)
target_link_libraries(dep_cli11 INTERFACE CLI11::CLI11)

# Writing JSON. The package's own variables, because its target differs between versions.
find_package(RapidJSON REQUIRED)
add_library(dep_rapidjson INTERFACE)
target_include_directories(dep_rapidjson SYSTEM INTERFACE
                           ${RapidJSON_INCLUDE_DIRS} ${RAPIDJSON_INCLUDE_DIRS})
target_compile_definitions(dep_rapidjson INTERFACE RAPIDJSON_HAS_STDSTRING=1)

# Dropping privileges (Linux).
if(CMAKE_SYSTEM_NAME STREQUAL "Linux")
  find_package(PkgConfig REQUIRED)
  pkg_check_modules(LIBCAP REQUIRED libcap)
  set(_cap_names cap)
  if(SONDE_STATIC_RUNTIME)
    set(_cap_names libcap.a cap)
  endif()
  find_library(SONDE_LIBCAP NAMES ${_cap_names} HINTS ${LIBCAP_LIBRARY_DIRS} REQUIRED)
  add_library(dep_cap INTERFACE)
  target_include_directories(dep_cap SYSTEM INTERFACE ${LIBCAP_INCLUDE_DIRS})
  target_link_libraries(dep_cap INTERFACE "${SONDE_LIBCAP}")
endif()

# Makes the filters of system calls while the program is built (Linux); the program is without it.
if(CMAKE_SYSTEM_NAME STREQUAL "Linux" AND SONDE_SECCOMP)
  pkg_check_modules(SECCOMP REQUIRED libseccomp)
  find_library(SONDE_LIBSECCOMP NAMES seccomp HINTS ${SECCOMP_LIBRARY_DIRS} REQUIRED)
  add_library(dep_seccomp INTERFACE)
  target_include_directories(dep_seccomp SYSTEM INTERFACE ${SECCOMP_INCLUDE_DIRS})
  target_link_libraries(dep_seccomp INTERFACE "${SONDE_LIBSECCOMP}")
endif()

# Tests only.
set(SONDE_BUILD_TESTS OFF)
if(SONDE_TESTS)
  if(SONDE_TESTS STREQUAL "AUTO")
    find_package(doctest QUIET)
    find_package(nlohmann_json QUIET)
  else()
    find_package(doctest REQUIRED)
    find_package(nlohmann_json REQUIRED)
  endif()
  if(doctest_FOUND AND nlohmann_json_FOUND)
    set(SONDE_BUILD_TESTS ON)
    add_library(dep_doctest INTERFACE)
    target_link_libraries(dep_doctest INTERFACE doctest::doctest)
    add_library(dep_json INTERFACE)
    target_link_libraries(dep_json INTERFACE nlohmann_json::nlohmann_json)
  else()
    message(STATUS "Tests are left out: doctest or nlohmann-json is not installed")
  endif()
  find_package(benchmark QUIET)
  # The distribution's interpreter first: the Python packages that tests need are installed for it.
  find_program(SONDE_PYTHON NAMES python3 PATHS /usr/bin NO_DEFAULT_PATH)
  find_program(SONDE_PYTHON NAMES python3)
endif()
