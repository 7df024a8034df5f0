# cmake -DROOT=<source tree> -DCOMPILED=<list of files> -P tests.cmake
# Every tests/**/*.cpp belongs to a target: it is in the list of what this build
# compiles, or a CMakeLists.txt in its folder or above names it (a target that other
# options switch on).
cmake_minimum_required(VERSION 3.25)

file(STRINGS ${COMPILED} compiled)
file(GLOB_RECURSE files RELATIVE ${ROOT} ${ROOT}/tests/*.cpp)

function(is_named file result)
  set(${result} FALSE PARENT_SCOPE)
  get_filename_component(folder ${file} DIRECTORY)
  while(folder)
    if(EXISTS ${ROOT}/${folder}/CMakeLists.txt)
      file(RELATIVE_PATH name ${ROOT}/${folder} ${ROOT}/${file})
      file(READ ${ROOT}/${folder}/CMakeLists.txt text)
      string(REPLACE "." "\\." pattern ${name})
      if(text MATCHES "(^|[ \t\n(/])${pattern}([ \t\n)]|$)")
        set(${result} TRUE PARENT_SCOPE)
        return()
      endif()
    endif()
    get_filename_component(folder ${folder} DIRECTORY)
  endwhile()
endfunction()

set(count 0)
foreach(file IN LISTS files)
  is_named(${file} named)
  if(NOT named AND NOT ${ROOT}/${file} IN_LIST compiled)
    message(NOTICE "${file}: no target compiles it")
    math(EXPR count "${count} + 1")
  endif()
endforeach()
if(count GREATER 0 OR NOT files)
  message(FATAL_ERROR "lint.tests: ${count} test sources are never built")
endif()
message(STATUS "lint.tests: all are built")
