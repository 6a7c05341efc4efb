# sonde_layer(NAME [DEPENDS layer...] [LIBRARIES target...]): one static library a layer, from
# lib/sonde/NAME. Sources are found by name, so adding a file needs no edit here.

# Which sources belong to this system: a file in a folder posix/ linux/ bsd/ windows/, or whose name
# ends in _posix, _linux, _bsd or _windows, is built only there. Anything else is portable.
set(SONDE_FOREIGN_PLATFORMS posix linux bsd windows)
if(WIN32)
  list(REMOVE_ITEM SONDE_FOREIGN_PLATFORMS windows)
else()
  list(REMOVE_ITEM SONDE_FOREIGN_PLATFORMS posix)
endif()
if(CMAKE_SYSTEM_NAME STREQUAL "Linux")
  list(REMOVE_ITEM SONDE_FOREIGN_PLATFORMS linux)
elseif(CMAKE_SYSTEM_NAME MATCHES "^(Darwin|.*BSD|DragonFly)$")
  list(REMOVE_ITEM SONDE_FOREIGN_PLATFORMS bsd)
endif()

# sonde_sources(OUT FOLDER): every .cpp below FOLDER that belongs to this system.
function(sonde_sources OUT FOLDER)
  file(GLOB_RECURSE _found RELATIVE "${FOLDER}" CONFIGURE_DEPENDS "${FOLDER}/*.cpp")
  foreach(_platform IN LISTS SONDE_FOREIGN_PLATFORMS)
    list(FILTER _found EXCLUDE REGEX "((^|/)${_platform}/|_${_platform}\\.cpp$)")
  endforeach()
  list(TRANSFORM _found PREPEND "${FOLDER}/")
  set(${OUT} "${_found}" PARENT_SCOPE)
endfunction()

# sonde_library(TARGET SOURCE...): a static library, or an interface library while it has no source.
function(sonde_library TARGET)
  if(ARGN)
    add_library(${TARGET} STATIC ${ARGN})
    target_link_libraries(${TARGET} PRIVATE sonde_options)
  else()
    add_library(${TARGET} INTERFACE)
  endif()
endfunction()

function(sonde_layer NAME)
  cmake_parse_arguments(PARSE_ARGV 1 _arg "" "" "DEPENDS;LIBRARIES")
  sonde_sources(_sources "${PROJECT_SOURCE_DIR}/lib/sonde/${NAME}")
  sonde_library(sonde_${NAME} ${_sources})
  add_library(sonde::${NAME} ALIAS sonde_${NAME})
  if(_sources)
    set(_scope PUBLIC)
    # For the shared library of lib/icmpapi. Hidden, the code is no slower for it.
    set_target_properties(
      sonde_${NAME} PROPERTIES SONDE_WHOLE_PROGRAM ON POSITION_INDEPENDENT_CODE ON
                               CXX_VISIBILITY_PRESET hidden VISIBILITY_INLINES_HIDDEN ON)
  else()
    set(_scope INTERFACE)
  endif()
  target_include_directories(sonde_${NAME} ${_scope}
                             "$<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/lib>")
  list(TRANSFORM _arg_DEPENDS PREPEND "sonde::")
  target_link_libraries(sonde_${NAME} ${_scope} ${_arg_DEPENDS} ${_arg_LIBRARIES})
  set_property(GLOBAL APPEND PROPERTY SONDE_LAYERS "${NAME}")
endfunction()

# sonde_all_layers(OUT): the targets of all layers, leftmost first.
function(sonde_all_layers OUT)
  get_property(_names GLOBAL PROPERTY SONDE_LAYERS)
  list(REVERSE _names)
  list(TRANSFORM _names PREPEND "sonde::")
  set(${OUT} "${_names}" PARENT_SCOPE)
endfunction()
