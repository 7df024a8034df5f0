# cmake -DROOT=<source tree> -DSCRATCH=<dir> -DCOMPILER=<C++ compiler> -DINCLUDES=<dirs>
#   -DNO_LIMIT=<flag that makes it tell of every error> -P tokens.cmake
# Exactly the marked lines of tokens.cpp do not compile. And where every maker is public,
# those marked "private" do: so each of them would show a second maker.
cmake_minimum_required(VERSION 3.25)

set(source ${ROOT}/tests/lint/tokens.cpp)
set(headers worker/stage/tokens.hpp worker/rollout/redundant.hpp worker/rollout/content.hpp
  worker/rollout/compare.hpp worker/rollout/frame_check.hpp locking/guards.hpp
  locking/codex_locks.hpp)
set(wrong 0)

# The numbers of the lines of tokens.cpp that match.
function(lines_with pattern result)
  file(READ ${source} text)
  string(REPLACE ";" "," text "${text}")
  string(REPLACE "[" "(" text "${text}")
  string(REPLACE "]" ")" text "${text}")
  string(REPLACE "\n" ";" lines "${text}")
  set(number 0)
  set(found "")
  foreach(line IN LISTS lines)
    math(EXPR number "${number} + 1")
    if(line MATCHES "${pattern}")
      list(APPEND found ${number})
    endif()
  endforeach()
  set(${result} "${found}" PARENT_SCOPE)
endfunction()

# The numbers of the lines that the compiler refuses, `first` before all other includes.
# What it finds wrong anywhere else is one of none.
function(refused_lines first result)
  set(flags "")
  foreach(dir IN LISTS first INCLUDES)
    list(APPEND flags -I${dir})
  endforeach()
  execute_process(
    COMMAND ${CMAKE_COMMAND} -E env LC_ALL=C
      ${COMPILER} -std=c++20 -D_GNU_SOURCE -fsyntax-only -w ${NO_LIMIT} ${flags} ${source}
    RESULT_VARIABLE code OUTPUT_VARIABLE out ERROR_VARIABLE out)
  string(REPLACE ";" "," out "${out}")
  string(REGEX MATCHALL "[^\n:]+:[0-9]+:[0-9]+: (fatal )?error: [^\n]*" errors "${out}")
  set(found "")
  foreach(error IN LISTS errors)
    if(error MATCHES "tokens\\.cpp:([0-9]+):")
      list(APPEND found ${CMAKE_MATCH_1})
    else()
      message(NOTICE "${error}")
      list(APPEND found elsewhere)
    endif()
  endforeach()
  if(NOT found AND NOT code EQUAL 0)
    message(FATAL_ERROR "lint.tokens: the compiler failed:\n${out}")
  endif()
  list(REMOVE_DUPLICATES found)
  set(${result} "${found}" PARENT_SCOPE)
endfunction()

function(expect_same what found expected)
  list(SORT found COMPARE NATURAL)
  list(SORT expected COMPARE NATURAL)
  if(NOT found STREQUAL expected OR NOT expected)
    set(missing ${expected})
    list(REMOVE_ITEM missing ${found} none)
    set(surplus ${found})
    list(REMOVE_ITEM surplus ${expected} none)
    message(NOTICE "tokens.cpp, ${what}: should be refused and are not: lines ${missing}; "
      "are refused and should not be: lines ${surplus}")
    set(wrong 1 PARENT_SCOPE)
  endif()
endfunction()

lines_with("// refused" marked)
refused_lines("" refused)
expect_same("as it is" "${refused}" "${marked}")

file(REMOVE_RECURSE ${SCRATCH})
foreach(header IN LISTS headers)
  file(READ ${ROOT}/${header} text)
  string(REPLACE "private:" "public:" open "${text}")
  # A class begins with what is private.
  string(REPLACE "class NamingKey {" "class NamingKey { public:" open "${open}")
  if(open STREQUAL text)
    message(FATAL_ERROR "lint.tokens: ${header} has nothing private")
  endif()
  file(WRITE ${SCRATCH}/${header} "${open}")
endforeach()
lines_with("// refused$" marked)
refused_lines("${SCRATCH}" refused)
expect_same("with public makers" "${refused}" "${marked}")
file(REMOVE_RECURSE ${SCRATCH})

if(wrong)
  message(FATAL_ERROR "lint.tokens: the tokens do not keep what they promise")
endif()
message(STATUS "lint.tokens: the compiler refuses what it must")
