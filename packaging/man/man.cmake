# The manual: every page in this folder, the one made from the example configuration, and
# all of them compressed without a name or a time.
find_program(COLDPRESS_GZIP gzip REQUIRED)
find_program(COLDPRESS_AWK awk REQUIRED)
set(man ${CMAKE_CURRENT_SOURCE_DIR}/man)
set(made ${CMAKE_CURRENT_BINARY_DIR}/man)
file(MAKE_DIRECTORY ${made})

set(toml_page ${made}/coldpress.toml.5)
add_custom_command(OUTPUT ${toml_page}
  COMMAND ${COLDPRESS_AWK} -v version=${PROJECT_VERSION}
    -v intro=${man}/toml_intro.man -v tail=${man}/toml_tail.man
    -f ${man}/toml_page.awk ${CMAKE_CURRENT_SOURCE_DIR}/coldpress.example.toml > ${toml_page}
  DEPENDS ${man}/toml_page.awk ${man}/toml_intro.man ${man}/toml_tail.man
    coldpress.example.toml
  VERBATIM)

file(GLOB pages CONFIGURE_DEPENDS ${man}/*.1 ${man}/*.3 ${man}/*.5)
list(APPEND pages ${toml_page})
set(compressed "")
foreach(page IN LISTS pages)
  get_filename_component(name ${page} NAME)
  string(REGEX MATCH "[0-9]$" section ${name})
  add_custom_command(OUTPUT ${made}/${name}.gz
    COMMAND ${COLDPRESS_GZIP} -9nc ${page} > ${made}/${name}.gz
    DEPENDS ${page} VERBATIM)
  list(APPEND compressed ${made}/${name}.gz)
  set(component program)
  if(section EQUAL 3)
    set(component development)
  endif()
  install(FILES ${made}/${name}.gz
    DESTINATION ${CMAKE_INSTALL_MANDIR}/man${section} COMPONENT ${component})
endforeach()
add_custom_target(manual ALL DEPENDS ${compressed})

# A fault in the markup of any page is a failed test, where there is a formatter.
find_program(COLDPRESS_GROFF groff)
if(COLDPRESS_TESTS AND COLDPRESS_GROFF)
  foreach(page IN LISTS pages)
    get_filename_component(name ${page} NAME)
    add_test(NAME packaging.man_${name}
      COMMAND sh -c "test -s \"$1\" && test -z \"$(\"$0\" -man -Tutf8 -ww \"$1\" 2>&1 >/dev/null)\""
        ${COLDPRESS_GROFF} ${page})
    set_tests_properties(packaging.man_${name} PROPERTIES LABELS lint TIMEOUT 60)
  endforeach()
endif()
