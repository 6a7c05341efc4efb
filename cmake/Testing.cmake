# Helpers of tests/CMakeLists.txt; it says what each folder holds.
set(SONDE_TEST_BIN "${PROJECT_BINARY_DIR}/tests")

# sonde_grouped_test(NAME LABEL): all cases of a doctest executable as one test, where starting a
# process is dear (Wine, qemu). Only the closing line passes: what dies on the way can end with 0
# under Wine. qemu computes what others run.
function(sonde_grouped_test NAME LABEL)
  add_test(NAME ${NAME} COMMAND ${NAME} WORKING_DIRECTORY "${PROJECT_SOURCE_DIR}")
  set(_seconds 400)
  if(NOT WIN32)
    set(_seconds 900)
  endif()
  set_tests_properties(
    ${NAME} PROPERTIES ENVIRONMENT "WINEPREFIX=${PROJECT_BINARY_DIR}/wineprefix" TIMEOUT ${_seconds} LABELS "${LABEL}" PASS_REGULAR_EXPRESSION "Status: SUCCESS!"
                       SKIP_REGULAR_EXPRESSION "[[]skipped] ")
endfunction()

# sonde_doctest(NAME FOLDER folder LABEL label LIBRARIES target...): one executable of the folder's
# sources, each TEST_CASE a ctest test. Nothing while the folder is empty.
function(sonde_doctest NAME)
  cmake_parse_arguments(PARSE_ARGV 1 _arg "" "FOLDER;LABEL" "LIBRARIES")
  sonde_sources(_sources "${CMAKE_CURRENT_SOURCE_DIR}/${_arg_FOLDER}")
  if(NOT _sources)
    return()
  endif()
  add_executable(${NAME} ${_sources})
  target_link_libraries(${NAME} PRIVATE sonde_options sonde_doctest_main sonde_test_support
                                        ${_arg_LIBRARIES} dep_json)
  target_compile_definitions(${NAME} PRIVATE SONDE_SOURCE_DIR="${PROJECT_SOURCE_DIR}")
  set_target_properties(${NAME} PROPERTIES RUNTIME_OUTPUT_DIRECTORY "${SONDE_TEST_BIN}")
  if(CMAKE_CROSSCOMPILING)
    sonde_grouped_test(${NAME} "${_arg_LABEL}")
    return()
  endif()
  # A name that the filter does not find would run 0 cases and pass: that is a failure here.
  doctest_discover_tests(
    ${NAME}
    TEST_PREFIX "${NAME}/"
    WORKING_DIRECTORY "${PROJECT_SOURCE_DIR}"
    PROPERTIES TIMEOUT 180 LABELS "${_arg_LABEL}"
               FAIL_REGULAR_EXPRESSION "test cases: +0 "
               SKIP_REGULAR_EXPRESSION "[[]skipped] ")
endfunction()

# sonde_script_tests(FOLDER): every script of the folder is the test FOLDER/<name>.
function(sonde_script_tests FOLDER)
  file(GLOB _scripts CONFIGURE_DEPENDS "${CMAKE_CURRENT_SOURCE_DIR}/${FOLDER}/*.sh"
       "${CMAKE_CURRENT_SOURCE_DIR}/${FOLDER}/*.py")
  set(_sanitized 0)
  if(SONDE_SANITIZE)
    set(_sanitized 1)
  endif()
  foreach(_script IN LISTS _scripts)
    cmake_path(GET _script STEM LAST_ONLY _stem)
    cmake_path(GET _script EXTENSION LAST_ONLY _extension)
    if(_stem MATCHES "^_")
      continue()
    endif()
    set(_command "${_script}")
    if(_extension STREQUAL ".py")
      set(_command "${SONDE_PYTHON}" "${_script}")
    endif()
    add_test(NAME "${FOLDER}/${_stem}" COMMAND ${_command}
             WORKING_DIRECTORY "${PROJECT_SOURCE_DIR}")
    set_tests_properties(
      "${FOLDER}/${_stem}"
      PROPERTIES
        TIMEOUT 400
        LABELS ${FOLDER}
        SKIP_RETURN_CODE 77
        ENVIRONMENT
        "SONDE=${PROJECT_BINARY_DIR}/sonde${CMAKE_EXECUTABLE_SUFFIX};SONDE_SOURCE_DIR=${PROJECT_SOURCE_DIR};SONDE_BUILD_DIR=${PROJECT_BINARY_DIR};SONDE_PYTHON=${SONDE_PYTHON};SONDE_SANITIZED=${_sanitized};SONDE_SANDBOX=kill;PYTHONDONTWRITEBYTECODE=1"
    )
    if(FOLDER STREQUAL "windows")
      set_property(
        TEST "${FOLDER}/${_stem}" APPEND
        PROPERTY ENVIRONMENT "SONDE_WINE=${CMAKE_CROSSCOMPILING_EMULATOR}"
                 "WINEPREFIX=${PROJECT_BINARY_DIR}/wineprefix")
    endif()
    # They wait for most of their time: the sooner they begin, the sooner the run ends.
    if(FOLDER STREQUAL "netns")
      set_tests_properties("${FOLDER}/${_stem}" PROPERTIES COST 100)
    endif()
    if(FOLDER STREQUAL "prove")
      set_tests_properties("${FOLDER}/${_stem}" PROPERTIES TIMEOUT 1800)
    endif()
    if(FOLDER MATCHES "^(icmpapi|windows|prove)$")
      set_tests_properties("${FOLDER}/${_stem}" PROPERTIES RUN_SERIAL ON)
    endif()
  endforeach()
endfunction()

# sonde_programs(FOLDER LIBRARY...): every .cpp of the folder is a program FOLDER_<name>.
function(sonde_programs FOLDER)
  sonde_sources(_sources "${CMAKE_CURRENT_SOURCE_DIR}/${FOLDER}")
  foreach(_source IN LISTS _sources)
    cmake_path(GET _source STEM LAST_ONLY _stem)
    file(STRINGS "${_source}" _google REGEX "#include <benchmark/")
    if(_google AND NOT TARGET benchmark::benchmark)
      message(STATUS "${FOLDER}_${_stem} is left out: Google Benchmark is not installed")
      continue()
    endif()
    add_executable(${FOLDER}_${_stem} "${_source}")
    target_link_libraries(${FOLDER}_${_stem} PRIVATE sonde_options sonde_test_support ${ARGN})
    if(_google)
      target_link_libraries(${FOLDER}_${_stem} PRIVATE benchmark::benchmark)
    endif()
    set_target_properties(${FOLDER}_${_stem} PROPERTIES RUNTIME_OUTPUT_DIRECTORY
                                                        "${SONDE_TEST_BIN}")
    if(FOLDER STREQUAL "bench")
      set_target_properties(${FOLDER}_${_stem} PROPERTIES SONDE_WHOLE_PROGRAM ON)
    endif()
  endforeach()
endfunction()
