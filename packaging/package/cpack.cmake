# deb and rpm: ./dev package, or cpack in a build folder.
set(COLDPRESS_MAINTAINER "coldpress maintainers <maintainers@coldpress.example>" CACHE STRING
  "Who answers for the packages: NAME <ADDRESS>")
set(package ${CMAKE_CURRENT_SOURCE_DIR}/package)
set(made ${CMAKE_CURRENT_BINARY_DIR}/package)

set(CPACK_GENERATOR "DEB;RPM")
set(CPACK_PACKAGE_NAME coldpress)
set(CPACK_PACKAGE_VENDOR coldpress)
set(CPACK_PACKAGE_CONTACT ${COLDPRESS_MAINTAINER})
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "compress cold Codex session logs, safely")
set(CPACK_PACKAGE_DESCRIPTION
"Codex keeps every session as an append-only .jsonl file. coldpress replaces
cold ones by a verified .jsonl.zst of the same name, which Codex reads in its
place, and restores them on request. It works while Codex runs, takes its
locks, and never removes the only copy of anything.

Nothing is changed, enabled or started by installing it.")
set(CPACK_STRIP_FILES ON)
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS
  OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
set(CPACK_PROJECT_CONFIG_FILE ${package}/cpack_generator.cmake)
set(CPACK_PRE_BUILD_SCRIPTS ${package}/cpack_times.cmake)

set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_RELEASE 1)
set(CPACK_DEBIAN_PACKAGE_SECTION utils)
set(CPACK_DEBIAN_PACKAGE_PRIORITY optional)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
set(CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA
  "${package}/deb/postinst;${package}/deb/prerm;${package}/deb/postrm")

set(CPACK_RPM_FILE_NAME RPM-DEFAULT)
set(CPACK_RPM_PACKAGE_LICENSE Apache-2.0)
set(CPACK_RPM_PACKAGE_SUMMARY "Compress cold Codex session logs, safely")
set(CPACK_RPM_PACKAGE_DESCRIPTION ${CPACK_PACKAGE_DESCRIPTION})
set(CPACK_RPM_PACKAGE_AUTOREQ ON)
set(CPACK_RPM_POST_INSTALL_SCRIPT_FILE ${package}/rpm/post)
set(CPACK_RPM_PRE_UNINSTALL_SCRIPT_FILE ${package}/rpm/preun)
set(CPACK_RPM_POST_UNINSTALL_SCRIPT_FILE ${package}/rpm/postun)
# Folders that other packages own, too.
set(CPACK_RPM_EXCLUDE_FROM_AUTO_FILELIST_ADDITION
  /usr/lib/systemd /usr/lib/systemd/system /usr/lib/systemd/user
  /usr/share/bash-completion /usr/share/bash-completion/completions
  /usr/share/fish /usr/share/fish/vendor_completions.d
  /usr/share/zsh /usr/share/zsh/site-functions
  /usr/share/man /usr/share/man/man1 /usr/share/man/man5)
# The same bytes whoever builds, wherever and whenever: with SOURCE_DATE_EPOCH.
set(CPACK_RPM_SPEC_MORE_DEFINE
"%define packager ${COLDPRESS_MAINTAINER}
%define use_source_date_epoch_as_buildtime 1
%define clamp_mtime_to_source_date_epoch 1
%define _buildhost reproducible
%define _build_id_links none")

# Debian's own: the licence in its form, the changelog of the package, and what lintian
# need not say.
file(MAKE_DIRECTORY ${made})
configure_file(${package}/deb/copyright.in ${made}/copyright @ONLY)
install(FILES ${made}/copyright
  DESTINATION ${CMAKE_INSTALL_DOCDIR} COMPONENT deb EXCLUDE_FROM_ALL)
install(FILES ${package}/deb/lintian-overrides RENAME coldpress
  DESTINATION share/lintian/overrides COMPONENT deb EXCLUDE_FROM_ALL)
configure_file(${package}/deb/changelog.in ${made}/changelog @ONLY)
foreach(pair "${CMAKE_SOURCE_DIR}/CHANGELOG.md|changelog.gz"
    "${made}/changelog|changelog.Debian.gz")
  string(REGEX MATCH "^(.*)[|](.*)$" ignored ${pair})
  set(compressed ${made}/${CMAKE_MATCH_2})
  add_custom_command(OUTPUT ${compressed}
    COMMAND ${COLDPRESS_GZIP} -9nc ${CMAKE_MATCH_1} > ${compressed}
    DEPENDS ${CMAKE_MATCH_1} VERBATIM)
  list(APPEND changelogs ${compressed})
endforeach()
add_custom_target(changelogs ALL DEPENDS ${changelogs})
install(FILES ${changelogs}
  DESTINATION ${CMAKE_INSTALL_DOCDIR} COMPONENT deb EXCLUDE_FROM_ALL)

# The library's own two, which libraries.cmake describes.
configure_file(${package}/deb/library/shlibs.in ${made}/library/shlibs @ONLY)
foreach(pair "library|libcoldpress0" "development|libcoldpress-dev")
  string(REGEX MATCH "^(.*)[|](.*)$" ignored ${pair})
  install(FILES ${made}/copyright ${changelogs}
    DESTINATION ${CMAKE_INSTALL_DATADIR}/doc/${CMAKE_MATCH_2}
    COMPONENT deb_${CMAKE_MATCH_1} EXCLUDE_FROM_ALL)
  file(WRITE ${made}/overrides/${CMAKE_MATCH_2}
    "# Not uploaded to Debian, so there is no bug to close.\n"
    "${CMAKE_MATCH_2}: initial-upload-closes-no-bugs *\n")
  if(CMAKE_MATCH_1 STREQUAL "library")
    file(APPEND ${made}/overrides/${CMAKE_MATCH_2}
      "# CPack calls it for every library, beside the trigger.\n"
      "${CMAKE_MATCH_2}: maintscript-calls-ldconfig *\n")
  endif()
  install(FILES ${made}/overrides/${CMAKE_MATCH_2}
    DESTINATION share/lintian/overrides
    COMPONENT deb_${CMAKE_MATCH_1} EXCLUDE_FROM_ALL)
endforeach()

include(CPack)
