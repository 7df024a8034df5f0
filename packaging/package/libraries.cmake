# libcoldpress0 and libcoldpress-dev: Debian packages of their own, each made by one call
# of cpack -G DEB -D COLDPRESS_DEB=NAME. Read by cpack.
set(COLDPRESS_COMPONENTS_libcoldpress0 library deb_library)
set(COLDPRESS_COMPONENTS_libcoldpress-dev development deb_development)

set(CPACK_DEBIAN_PACKAGE_NAME ${COLDPRESS_DEB})
set(CPACK_DEBIAN_PACKAGE_SOURCE coldpress)
set(CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA "") # the scripts are those of the program
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY
  "read and append to Codex session logs, plain or compressed")
set(CPACK_DEBIAN_PACKAGE_DESCRIPTION
"Codex keeps every session as a rollout, an append-only .jsonl file, or the
same compressed, .jsonl.zst. Programs that use this library find, read and
append to rollouts of either form beside a running Codex.")
if(COLDPRESS_DEB STREQUAL "libcoldpress0")
  set(CPACK_DEBIAN_PACKAGE_SECTION libs)
  set(CPACK_DEBIAN_PACKAGE_MULTIARCH same)
  set(CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA
    "${build}/packaging/package/library/shlibs"
    ${CMAKE_CURRENT_LIST_DIR}/deb/library/triggers)
elseif(COLDPRESS_DEB STREQUAL "libcoldpress-dev")
  set(CPACK_DEBIAN_PACKAGE_SECTION libdevel)
  set(CPACK_DEBIAN_PACKAGE_MULTIARCH same)
  set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS OFF)
  set(CPACK_STRIP_FILES OFF) # the only binary is a link to one that is elsewhere
  set(CPACK_DEBIAN_PACKAGE_DEPENDS
    "libcoldpress0 (= ${CPACK_PACKAGE_VERSION}-${CPACK_DEBIAN_PACKAGE_RELEASE})")
  string(APPEND CPACK_PACKAGE_DESCRIPTION_SUMMARY " (development)")
  string(APPEND CPACK_DEBIAN_PACKAGE_DESCRIPTION
    "\n\nThis package has the headers for C and C++, and examples.")
else()
  message(FATAL_ERROR "COLDPRESS_DEB is libcoldpress0 or libcoldpress-dev, "
    "not ${COLDPRESS_DEB}")
endif()
