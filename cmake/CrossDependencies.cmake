# The dep_<name> targets of Dependencies.cmake for a cross build: the libraries are header-only, so
# the host's packages serve, but the host's /usr/include must not be searched (it holds the host's C
# library too). A folder of links holds what may be seen.
set(_stage "${PROJECT_BINARY_DIR}/host-headers")
set(SONDE_HOST_INCLUDE "/usr/include" CACHE PATH "Where the host keeps the header-only libraries")
file(MAKE_DIRECTORY "${_stage}")

# sonde_staged(NAME FOLDER): dep_NAME, whose headers are in FOLDER of the host's includes.
function(sonde_staged NAME FOLDER)
  if(NOT IS_DIRECTORY "${SONDE_HOST_INCLUDE}/${FOLDER}")
    message(FATAL_ERROR "${SONDE_HOST_INCLUDE}/${FOLDER} is missing: install its package (see ./dev)")
  endif()
  file(CREATE_LINK "${SONDE_HOST_INCLUDE}/${FOLDER}" "${_stage}/${FOLDER}" SYMBOLIC)
  add_library(dep_${NAME} INTERFACE)
  target_include_directories(dep_${NAME} SYSTEM INTERFACE "${_stage}")
endfunction()

find_package(Threads REQUIRED)
sonde_staged(fmt fmt)
target_compile_definitions(dep_fmt INTERFACE FMT_HEADER_ONLY=1)
sonde_staged(spdlog spdlog)
target_compile_definitions(dep_spdlog INTERFACE SPDLOG_HEADER_ONLY=1 SPDLOG_FMT_EXTERNAL=1
                                                "SPDLOG_EOL=\"\\n\"")
target_link_libraries(dep_spdlog INTERFACE dep_fmt Threads::Threads)
sonde_staged(cli11 CLI)
sonde_staged(rapidjson rapidjson)
target_compile_definitions(dep_rapidjson INTERFACE RAPIDJSON_HAS_STDSTRING=1)

# Linux: the header of libcap alone, since the host's library is for another machine. So there is no
# program; what the tests link calls nothing of it.
if(CMAKE_SYSTEM_NAME STREQUAL "Linux")
  file(MAKE_DIRECTORY "${_stage}/sys")
  file(CREATE_LINK "${SONDE_HOST_INCLUDE}/sys/capability.h" "${_stage}/sys/capability.h" SYMBOLIC)
  add_library(dep_cap INTERFACE)
  target_include_directories(dep_cap SYSTEM INTERFACE "${_stage}")
  set(SONDE_PROGRAM OFF)
endif()

set(SONDE_BUILD_TESTS OFF)
if(SONDE_TESTS)
  set(SONDE_BUILD_TESTS ON)
  sonde_staged(doctest doctest)
  sonde_staged(json nlohmann)
  find_program(SONDE_PYTHON NAMES python3 PATHS /usr/bin NO_DEFAULT_PATH)
  find_program(SONDE_PYTHON NAMES python3)
endif()
