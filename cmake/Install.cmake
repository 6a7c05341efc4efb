# What `cmake --install` puts where. Component `runtime` is the program and its manuals, `devel` the
# library.
if(TARGET sonde)
  install(TARGETS sonde RUNTIME COMPONENT runtime)
endif()
install(FILES LICENSE DESTINATION "${CMAKE_INSTALL_DOCDIR}" COMPONENT runtime)

foreach(_section 1 3 5)
  file(GLOB _pages CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/man/*.${_section}")
  install(FILES ${_pages} DESTINATION "${CMAKE_INSTALL_MANDIR}/man${_section}" COMPONENT runtime)
endforeach()

file(GLOB _schemas CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/schema/*.json")
install(FILES ${_schemas} DESTINATION "${CMAKE_INSTALL_DATADIR}/sonde" COMPONENT runtime)

set(_completions "${PROJECT_SOURCE_DIR}/packaging/completions")
install(FILES "${_completions}/sonde.bash"
        DESTINATION "${CMAKE_INSTALL_DATADIR}/bash-completion/completions"
        RENAME sonde COMPONENT runtime OPTIONAL)
install(FILES "${_completions}/_sonde"
        DESTINATION "${CMAKE_INSTALL_DATADIR}/zsh/site-functions" COMPONENT runtime OPTIONAL)
install(FILES "${_completions}/sonde.fish"
        DESTINATION "${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d"
        COMPONENT runtime OPTIONAL)

if(IS_DIRECTORY "${PROJECT_SOURCE_DIR}/lib/sonde")
  install(DIRECTORY lib/sonde DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}" COMPONENT devel
          FILES_MATCHING PATTERN "*.hpp")
endif()
get_property(_names GLOBAL PROPERTY SONDE_LAYERS)
foreach(_name IN LISTS _names)
  get_target_property(_type sonde_${_name} TYPE)
  if(_type STREQUAL "STATIC_LIBRARY")
    install(TARGETS sonde_${_name} ARCHIVE COMPONENT devel)
  endif()
endforeach()
