# Completions, printed by the program that was built. Not under a sanitizer, whose
# programs need not run while they are built.
if(NOT COLDPRESS_SANITIZE AND NOT CMAKE_CROSSCOMPILING)
  set(made ${CMAKE_CURRENT_BINARY_DIR}/completions)
  file(MAKE_DIRECTORY ${made})
  foreach(shell bash zsh fish)
    add_custom_command(OUTPUT ${made}/coldpress.${shell}
      COMMAND coldpress completion ${shell} > ${made}/coldpress.${shell}
      DEPENDS coldpress VERBATIM)
    list(APPEND scripts ${made}/coldpress.${shell})
  endforeach()
  add_custom_target(completions ALL DEPENDS ${scripts})

  install(FILES ${made}/coldpress.bash RENAME coldpress
    DESTINATION share/bash-completion/completions COMPONENT program)
  install(FILES ${made}/coldpress.fish
    DESTINATION share/fish/vendor_completions.d COMPONENT program)
  install(FILES ${made}/coldpress.zsh RENAME _coldpress
    DESTINATION share/zsh/site-functions COMPONENT other)
  install(FILES ${made}/coldpress.zsh RENAME _coldpress
    DESTINATION share/zsh/vendor-completions COMPONENT deb EXCLUDE_FROM_ALL)
endif()
