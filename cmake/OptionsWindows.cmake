# What every target gets on Windows. MSVC's part has not been tried: nobody here has the compiler.
target_compile_definitions(sonde_options INTERFACE _WIN32_WINNT=0x0601 NOMINMAX WIN32_LEAN_AND_MEAN
                                                   UNICODE _UNICODE)
target_link_libraries(sonde_options INTERFACE ws2_32)
if(MINGW AND CMAKE_BUILD_TYPE STREQUAL "Release")
  # Brings libssp, where mingw-w64 keeps what -fstack-protector and _FORTIFY_SOURCE call.
  target_link_options(sonde_options INTERFACE -fstack-protector-strong)
endif()
if(MSVC)
  target_compile_options(sonde_options INTERFACE /W4 /permissive- /utf-8 /EHsc /Zc:__cplusplus
                                                 /Zc:preprocessor)
  target_compile_definitions(sonde_options INTERFACE _CRT_SECURE_NO_WARNINGS)
  if(SONDE_WERROR)
    target_compile_options(sonde_options INTERFACE /WX)
  endif()
endif()
