# cmake -DROOT=<source tree> -P layers.cmake
# The include rule and the fences of DESIGN.md, section 2.
cmake_minimum_required(VERSION 3.25)

set(rooms fsutil locking config worker/rollout worker/history worker/stage worker/catalog
  worker/loop worker/control worker/preflight worker/index worker/preview worker/verify
  worker/schedule worker/inspect worker/pass worker/serve worker/fleet worker/cli library/face)

# The values of a stage: what one hands to the next, and what others keep of it.
set(stage_values worker/stage/candidate.hpp worker/stage/checks.hpp worker/stage/decision.hpp
  worker/stage/inventory.hpp worker/stage/outcome.hpp worker/stage/place.hpp
  worker/stage/reason.hpp worker/stage/remembered.hpp worker/stage/step.hpp
  worker/stage/tokens.hpp worker/stage/version_seen.hpp)
# Of these what the ledger keeps.
set(kept_values worker/stage/outcome.hpp worker/stage/reason.hpp worker/stage/remembered.hpp)

# What each room may include besides itself: rooms, or single headers. The same holds for
# all that a header brings in.
set(may_fsutil "")
set(may_locking fsutil)
set(may_config fsutil)
set(may_worker_rollout fsutil locking)
set(may_worker_history fsutil worker/rollout)
set(may_worker_stage fsutil locking worker/rollout config/settings.hpp)
set(may_worker_catalog fsutil worker/rollout worker/history ${kept_values})
set(may_worker_loop fsutil config/settings.hpp)
set(may_worker_control fsutil worker/loop)
set(may_worker_preflight fsutil locking config worker/rollout)
set(may_worker_index fsutil config worker/rollout worker/history worker/catalog worker/loop
  worker/preflight/store.hpp ${kept_values})
set(may_worker_preview fsutil locking config worker/rollout worker/history worker/stage
  worker/catalog worker/preflight)
set(may_worker_verify ${may_worker_preview} worker/loop)
set(may_worker_schedule fsutil config worker/rollout worker/history worker/catalog
  ${kept_values})
set(may_worker_inspect ${may_worker_verify} worker/verify worker/preview worker/control
  worker/schedule)
set(may_worker_pass ${may_worker_verify} worker/preview worker/index)
set(may_worker_serve fsutil locking config worker/rollout worker/history worker/catalog worker/loop
  worker/control worker/preflight ${kept_values})
set(may_worker_fleet fsutil config)
set(may_worker_cli ${may_worker_inspect} ${may_worker_pass} ${may_worker_serve} worker/inspect
  worker/pass worker/serve worker/fleet)
set(may_library_face fsutil locking worker/rollout)

# Library, how its headers look, and the files that may include them.
set(fences
  "spdlog spdlog/ fsutil/log\\.cpp"
  "toml++ toml\\+\\+/ config/load[a-z_]*\\.cpp"
  "zstd z(std|dict) worker/rollout/codec(_loan)?\\.[ch]pp"
  "simdjson simdjson worker/(rollout|history)/.*"
  "nlohmann nlohmann/ worker/(cli/.*|control/.*|serve/pass_report\\.[ch]pp)"
  "sqlite3 sqlite3 worker/catalog/sqlite\\.cpp"
  "libsystemd systemd/ worker/serve/notify\\.cpp"
  "uv uv(\\.h|/) worker/(loop|control|serve)/.*"
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

# The headers of ours that `file` names.
function(named_by file result)
  get_property(known GLOBAL PROPERTY named_${file} SET)
  if(NOT known)
    set(headers "")
    if(EXISTS ${ROOT}/${file})
      file(STRINGS ${ROOT}/${file} includes REGEX "^[ \t]*#[ \t]*include[ \t]*\"")
      foreach(include IN LISTS includes)
        string(REGEX MATCH "\"([^\"]+)\"" ignored "${include}")
        list(APPEND headers ${CMAKE_MATCH_1})
      endforeach()
    endif()
    set_property(GLOBAL PROPERTY named_${file} "${headers}")
  endif()
  get_property(headers GLOBAL PROPERTY named_${file})
  set(${result} "${headers}" PARENT_SCOPE)
endfunction()

# All headers of ours that including `header` brings in, itself among them.
function(brought_by header result)
  get_property(known GLOBAL PROPERTY brought_${header} SET)
  if(NOT known)
    set(seen ${header})
    set(left ${header})
    while(left)
      list(POP_FRONT left next)
      named_by(${next} named)
      foreach(each IN LISTS named)
        if(NOT each IN_LIST seen)
          list(APPEND seen ${each})
          list(APPEND left ${each})
        endif()
      endforeach()
    endwhile()
    set_property(GLOBAL PROPERTY brought_${header} "${seen}")
  endif()
  get_property(seen GLOBAL PROPERTY brought_${header})
  set(${result} "${seen}" PARENT_SCOPE)
endfunction()

# The room in which `header` lies: worker/cli has folders of its own.
function(room_of header result)
  get_filename_component(folder ${header} DIRECTORY)
  string(REGEX REPLACE "^worker/cli/(report|completion|fleet)$" "worker/cli" folder "${folder}")
  set(${result} "${folder}" PARENT_SCOPE)
endfunction()

# May `room` see `header`?
function(is_allowed room header result)
  room_of(${header} folder)
  string(REPLACE "/" "_" name ${room})
  if(folder STREQUAL room OR folder IN_LIST may_${name} OR header IN_LIST may_${name})
    set(${result} TRUE PARENT_SCOPE)
  else()
    set(${result} FALSE PARENT_SCOPE)
  endif()
endfunction()

# May `file` of `room` include `header`, and all that it brings in?
function(check_header file room header)
  room_of(${header} folder)
  list(FIND rooms "${folder}" known)
  is_allowed(${room} ${header} allowed)
  if(known EQUAL -1)
    fault("${file}: include \"${header}\" is not written from the root, or of no room")
  elseif(NOT allowed)
    fault("${file}: ${room} may not include ${header}")
  else()
    if(folder STREQUAL room AND room STREQUAL "worker/stage" AND NOT header IN_LIST stage_values)
      # A stage may be in several files: recover.cpp, recover_acts.cpp.
      string(REGEX REPLACE "\\.[a-z]+$" "" stem ${file})
      string(REGEX REPLACE "\\.[a-z]+$" "" header_stem ${header})
      if(NOT "${header_stem}_" MATCHES "^${stem}_")
        fault("${file}: a stage may not include ${header} of another")
      endif()
    endif()
    brought_by(${header} brought)
    foreach(each IN LISTS brought)
      is_allowed(${room} ${each} allowed)
      if(NOT allowed)
        fault("${file}: ${room} may not have ${each}, which ${header} brings in")
      endif()
    endforeach()
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
