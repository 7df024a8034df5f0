# cmake -DROOT=<source tree> -P layers.cmake
# The include rule and the fences of DESIGN.md, section 2.
cmake_minimum_required(VERSION 3.25)

set(rooms fsutil locking config worker/rollout worker/history worker/stage worker/catalog
  worker/preflight worker/run worker/cli library/face)

# What each room may include besides itself: rooms, or single headers.
set(may_fsutil "")
set(may_locking fsutil)
set(may_config fsutil)
set(may_worker_rollout fsutil locking)
set(may_worker_history fsutil worker/rollout)
set(may_worker_stage fsutil locking worker/rollout config/settings.hpp)
set(may_worker_catalog fsutil worker/rollout worker/history worker/stage/types.hpp)
set(may_worker_preflight fsutil locking config worker/rollout)
set(may_worker_run fsutil locking config worker/rollout worker/history worker/stage worker/catalog
  worker/preflight)
set(may_worker_cli fsutil locking config worker/rollout worker/history worker/stage worker/catalog
  worker/run)
set(may_library_face fsutil locking worker/rollout)

# Library, how its headers look, and the files that may include them.
set(fences
  "spdlog spdlog/ fsutil/log\\.cpp"
  "toml++ toml\\+\\+/ config/load[a-z_]*\\.cpp"
  "zstd z(std|dict) worker/rollout/codec\\.cpp"
  "simdjson simdjson worker/(rollout|history)/.*"
  "nlohmann nlohmann/ worker/(cli/.*|run/(control_[a-z]+|pass_report)\\.[ch]pp)"
  "sqlite3 sqlite3 worker/catalog/sqlite\\.cpp"
  "libsystemd systemd/ worker/run/notify\\.cpp"
  "uv uv(\\.h|/) worker/run/.*"
  "CLI11 CLI/ worker/cli/.*")
set(platform_files
  "fsutil/posix_fs[a-z_]*\\.cpp|fsutil/thread_priority\\.cpp|fsutil/clock\\.cpp|locking/process_id\\.cpp|locking/kernel_lease\\.cpp")


# Who may unlink a file by its name. Of two copies of a rollout one goes with a proof
# (rollout/redundant); an orphan goes when the user says so (stage/orphans); the others
# remove files that are no rollouts. Our own temp files: remove_part() of fsutil/temp_file.
set(unlinking_files
  "fsutil/.*|locking/.*|worker/rollout/redundant\\.cpp|worker/stage/orphans\\.cpp|worker/catalog/index_open\\.cpp|worker/[a-z]+/(schedule_[a-z]+|control_server|pause_file)\\.cpp")

set(faults "")
macro(fault text)
  list(APPEND faults "${text}")
endmacro()

# May `file` of `room` include `header`?
function(check_header file room header)
  get_filename_component(folder ${header} DIRECTORY)
  list(FIND rooms "${folder}" known)
  if(known EQUAL -1)
    fault("${file}: include \"${header}\" is not written from the root, or of no room")
  elseif(folder STREQUAL room)
    # A stage may be in several files: recover.cpp, recover_acts.cpp.
    string(REGEX REPLACE "\\.[a-z]+$" "" stem ${file})
    string(REGEX REPLACE "\\.[a-z]+$" "" header_stem ${header})
    if(room STREQUAL "worker/stage"
        AND NOT header STREQUAL "worker/stage/types.hpp"
        AND NOT "${header_stem}_" MATCHES "^${stem}_")
      fault("${file}: a stage may not include ${header} of another")
    endif()
  else()
    string(REPLACE "/" "_" name ${room})
    if(NOT folder IN_LIST may_${name} AND NOT header IN_LIST may_${name})
      fault("${file}: ${room} may not include ${header}")
    endif()
  endif()
  set(faults "${faults}" PARENT_SCOPE)
endfunction()

function(check_library file header)
  foreach(fence IN LISTS fences)
    string(REGEX MATCH "^([^ ]+) ([^ ]+) ([^ ]+)$" ignored "${fence}")
    set(library ${CMAKE_MATCH_1})
    set(looks ${CMAKE_MATCH_2})
    set(allowed ${CMAKE_MATCH_3})
    if(header MATCHES "^(${looks})" AND NOT file MATCHES "^(${allowed})$")
      fault("${file}: ${library} is fenced off from here")
    endif()
  endforeach()
  set(faults "${faults}" PARENT_SCOPE)
endfunction()

set(seen 0)
foreach(room IN LISTS rooms)
  file(GLOB_RECURSE files RELATIVE ${ROOT} ${ROOT}/${room}/*.hpp ${ROOT}/${room}/*.cpp
    ${ROOT}/${room}/*.h)
  foreach(file IN LISTS files)
    math(EXPR seen "${seen} + 1")
    file(STRINGS ${ROOT}/${file} includes REGEX "^[ \t]*#[ \t]*include[ \t]*[\"<]")
    foreach(include IN LISTS includes)
      if(include MATCHES "include[ \t]*\"([^\"]+)\"")
        check_header(${file} ${room} ${CMAKE_MATCH_1})
      elseif(include MATCHES "include[ \t]*<([^>]+)>")
        check_library(${file} ${CMAKE_MATCH_1})
      endif()
    endforeach()
    file(STRINGS ${ROOT}/${file} conditions REGEX
      "^[ \t]*#[ \t]*(if|ifdef|ifndef|elif).*(__linux__|__APPLE__|COLDPRESS_PORTABLE)")
    file(STRINGS ${ROOT}/${file} unlinks REGEX
      "(\\.|->)unlink\\(|::(unlink|unlinkat|remove_all)\\(|filesystem::remove\\(")
    if(unlinks AND NOT file MATCHES "^(${unlinking_files})$")
      fault("${file}: unlinks a file by its name")
    endif()
    if(conditions AND NOT file MATCHES "^(${platform_files})$")
      fault("${file}: asks which platform this is")
    endif()
  endforeach()
endforeach()

foreach(text IN LISTS faults)
  message(NOTICE "${text}")
endforeach()
list(LENGTH faults count)
if(count GREATER 0 OR seen EQUAL 0)
  message(FATAL_ERROR "lint.layers: ${count} faults in ${seen} files")
endif()
message(STATUS "lint.layers: ${seen} files are clean")
