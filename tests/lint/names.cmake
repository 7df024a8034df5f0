# cmake -DROOT=<source tree> -P names.cmake
# Two types of one name in one namespace are one type to the linker, in silence: every type
# of namespace coldpress is defined once. What stands in an unnamed namespace is a file's own.
cmake_minimum_required(VERSION 3.25)

set(faults "")
set(seen 0)
file(GLOB_RECURSE files RELATIVE ${ROOT} ${ROOT}/fsutil/*.[ch]pp ${ROOT}/locking/*.[ch]pp
  ${ROOT}/config/*.[ch]pp ${ROOT}/worker/*.[ch]pp ${ROOT}/library/face/*.[ch]pp)
foreach(file IN LISTS files)
  math(EXPR seen "${seen} + 1")
  # clang-format writes nothing of a namespace with an indent, and names each one that ends.
  file(STRINGS ${ROOT}/${file} lines REGEX
    "^(namespace|} // namespace|(template <[^;]*> )?(struct|class|enum class|enum) [A-Z])")
  set(within "")
  foreach(line IN LISTS lines)
    if(line MATCHES "^namespace( [A-Za-z_:]+)? {")
      set(name "${CMAKE_MATCH_1}")
      if(NOT name)
        set(name " unnamed")
      endif()
      list(APPEND within "${name}")
    elseif(line MATCHES "^} // namespace")
      list(POP_BACK within)
    elseif(NOT " unnamed" IN_LIST within
        AND line MATCHES "^(template <[^;]*> )?(struct|class|enum class|enum) ([A-Za-z0-9_]+)( final)?( : [^;]*)? {")
      list(JOIN within "::" where)
      string(MAKE_C_IDENTIFIER "${where}_${CMAKE_MATCH_3}" key)
      set(type ${CMAKE_MATCH_3})
      if(DEFINED defined_${key} AND NOT defined_${key} STREQUAL file)
        list(APPEND faults "${type} is defined in ${defined_${key}} and in ${file}")
      endif()
      set(defined_${key} ${file})
    endif()
  endforeach()
endforeach()

foreach(text IN LISTS faults)
  message(NOTICE "${text}")
endforeach()
list(LENGTH faults count)
if(count GREATER 0 OR seen EQUAL 0)
  message(FATAL_ERROR "lint.names: ${count} faults in ${seen} files")
endif()
message(STATUS "lint.names: ${seen} files are clean")
