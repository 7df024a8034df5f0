# cmake -DROOT=<source tree> -P makers.cmake
# Each token has one maker: at most one friend, and no function of a public header gives
# one out but those that are listed here.
cmake_minimum_required(VERSION 3.25)

# Token, header, and its functions that answer one.
set(makers
  "Claim worker/stage/claim.hpp claim"
  "Claim worker/stage/measure.hpp measure"
  "Claim worker/stage/tokens.hpp measured"
  "Encoded worker/stage/encode.hpp encode"
  "Verified worker/stage/verify.hpp verify"
  "Published worker/stage/publish.hpp publish"
  "Redundant worker/rollout/redundant.hpp prove"
  "Redundant worker/rollout/redundant.hpp second_name"
  "Redundant worker/rollout/redundant.hpp empty"
  "Durable worker/rollout/redundant.hpp sync"
  "Comparison worker/rollout/compare.hpp compare_rollouts"
  "Comparison worker/rollout/compare.hpp compare_readers"
  "Comparison worker/rollout/compare.hpp compare_beginning"
  "Comparison worker/rollout/compare.hpp compare_cut_off"
  "Content worker/rollout/content.hpp content"
  "Content worker/rollout/content.hpp read_back"
  "Content worker/rollout/materialization.hpp decode_into"
  "Content worker/rollout/materialization.hpp read_back"
  "DecodedFrame worker/rollout/frame_check.hpp finish"
  "Maintenance locking/guards.hpp enter"
  "Section locking/guards.hpp enter"
  "Section locking/guards.hpp take"
  "Section worker/stage/recover_acts.hpp enter"
  "LockedFile locking/guards.hpp coordination"
  "LockedFile locking/codex_locks.hpp try_maintenance"
  "LockedFile locking/codex_locks.hpp try_coordination"
  "LockedFile locking/codex_locks.hpp take")
set(tokens Claim Encoded Verified Published Redundant Durable Comparison Content DecodedFrame
  Maintenance Section LockedFile)

set(faults "")
macro(fault text)
  list(APPEND faults "${text}")
endmacro()

set(seen "")
file(GLOB headers RELATIVE ${ROOT} ${ROOT}/locking/*.hpp ${ROOT}/worker/rollout/*.hpp
  ${ROOT}/worker/stage/*.hpp)
foreach(header IN LISTS headers)
  file(READ ${ROOT}/${header} text)
  string(REGEX REPLACE "//[^\n]*" "" text "${text}")
  string(REGEX REPLACE "[ \n]+" " " text "${text}")
  string(REPLACE ";" "@" text "${text}")
  foreach(token IN LISTS tokens)
    string(REGEX MATCHALL "[ <]${token}>*( [A-Za-z_]+::)? [a-z_]+\\(" answers "${text}")
    foreach(answer IN LISTS answers)
      string(REGEX REPLACE ".* ([a-z_]+)\\($" "\\1" function "${answer}")
      set(maker "${token} ${header} ${function}")
      if(NOT maker IN_LIST makers)
        fault("${header}: ${function}() is another maker of ${token}")
      endif()
      list(APPEND seen "${maker}")
    endforeach()
    # From its head to that of the next class.
    if(text MATCHES "(class|struct) (\\[\\[nodiscard\\]\\] )?${token} {")
      list(APPEND defined ${token})
      string(REGEX REPLACE ".*class ${token} {" "" body "${text}")
      # A key within it has a friend of its own.
      string(REGEX REPLACE "class [A-Za-z]+ { friend class [A-Za-z]+@[^{}]*}@" "" body "${body}")
      string(REGEX REPLACE "private: *class [A-Za-z]+ {.*" "" body "${body}")
      string(REGEX REPLACE "@ } *@ (class|struct|inline|enum) .*|@ }@ .*" "" body "${body}")
      string(REGEX MATCHALL "friend class [A-Za-z]+" friends "${body}")
      list(LENGTH friends count)
      if(count GREATER 1)
        fault("${header}: ${token} has ${count} friends, of which one can be its maker")
      endif()
    endif()
  endforeach()
endforeach()

foreach(maker IN LISTS makers)
  if(NOT maker IN_LIST seen)
    fault("makers.cmake: there is no such maker any more: ${maker}")
  endif()
endforeach()
foreach(token IN LISTS tokens)
  if(NOT token IN_LIST defined)
    fault("makers.cmake: no header defines ${token}")
  endif()
endforeach()
foreach(text IN LISTS faults)
  message(NOTICE "${text}")
endforeach()
if(faults)
  message(FATAL_ERROR "lint.makers: a token has more than one maker")
endif()
message(STATUS "lint.makers: each token has one")
