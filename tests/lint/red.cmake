# cmake -DSCRATCH=<dir> -DLINT=<this dir> -P red.cmake
# The lints go red on planted violations, and stay green beside them.
cmake_minimum_required(VERSION 3.25)

set(wrong 0)

# One lint on the tree in SCRATCH: it must fail and say `says`, or pass if that is empty.
function(expect lint says)
  execute_process(
    COMMAND ${CMAKE_COMMAND} -DROOT=${SCRATCH} -DCOMPILED=${SCRATCH}/compiled.txt
      -P ${LINT}/${lint}.cmake
    RESULT_VARIABLE code OUTPUT_VARIABLE out ERROR_VARIABLE out)
  string(FIND "${out}" "${says}" at)
  if(says AND (code EQUAL 0 OR at EQUAL -1))
    message(NOTICE "${lint} did not say \"${says}\" but:\n${out}")
    set(wrong 1 PARENT_SCOPE)
  elseif(NOT says AND NOT code EQUAL 0)
    message(NOTICE "${lint} complains about a clean tree:\n${out}")
    set(wrong 1 PARENT_SCOPE)
  endif()
endfunction()

function(clean_tree)
  file(REMOVE_RECURSE ${SCRATCH})
  file(WRITE ${SCRATCH}/fsutil/log.cpp "#include \"fsutil/log.hpp\"\n#include <spdlog/spdlog.h>\n")
  file(WRITE ${SCRATCH}/fsutil/posix_fs_kernel.cpp "#if defined(__linux__)\n#endif\n")
  file(WRITE ${SCRATCH}/worker/stage/publish.cpp
    "#include \"worker/stage/publish.hpp\"\n#include \"worker/stage/tokens.hpp\"\n"
    "#include \"config/settings.hpp\"\n")
  file(WRITE ${SCRATCH}/worker/catalog/ledger.hpp "#include \"worker/stage/outcome.hpp\"\n")
  file(WRITE ${SCRATCH}/worker/loop/loop.cpp "#include \"fsutil/log.hpp\"\n#include <uv.h>\n")
  file(WRITE ${SCRATCH}/worker/pass/pass.cpp "#include \"worker/stage/publish.hpp\"\n")
  file(WRITE ${SCRATCH}/tests/unit/test_a.cpp "")
  file(WRITE ${SCRATCH}/tests/fuzz/fuzz_a.cpp "")
  file(WRITE ${SCRATCH}/tests/fuzz/CMakeLists.txt "add_executable(fuzz_a fuzz_a.cpp)\n")
  file(WRITE ${SCRATCH}/config/given.hpp "namespace coldpress {\n\nenum class Form { b };\n\n}\n")
  file(WRITE ${SCRATCH}/config/given.cpp
    "namespace coldpress {\n\nnamespace {\n\nstruct Form {};\n\n} // namespace\n\n}\n")
  file(WRITE ${SCRATCH}/compiled.txt "${SCRATCH}/tests/unit/test_a.cpp\n")
endfunction()

# Adds one file to a clean tree.
macro(planted lint path text says)
  clean_tree()
  file(WRITE ${SCRATCH}/${path} "${text}")
  expect(${lint} "${says}")
endmacro()

clean_tree()
expect(layers "")
expect(tests "")
expect(names "")

planted(layers fsutil/a.hpp "#include \"locking/b.hpp\"\n" "fsutil may not include locking/b.hpp")
planted(layers locking/a.cpp "#include \"config/settings.hpp\"\n"
  "locking may not include config/settings.hpp")
planted(layers worker/rollout/a.cpp "# include \"worker/stage/tokens.hpp\"\n"
  "worker/rollout may not include worker/stage/tokens.hpp")
planted(layers worker/history/a.cpp "#include \"worker/catalog/ledger.hpp\"\n"
  "worker/history may not include worker/catalog/ledger.hpp")
planted(layers worker/stage/a.cpp "#include \"config/load.hpp\"\n"
  "worker/stage may not include config/load.hpp")
planted(layers worker/stage/a.cpp "#include \"worker/stage/publish.hpp\"\n" "a stage may not include")
planted(layers worker/catalog/a.cpp "#include \"worker/stage/publish.hpp\"\n"
  "worker/catalog may not include worker/stage/publish.hpp")
planted(layers worker/preflight/a.cpp "#include \"worker/stage/tokens.hpp\"\n"
  "worker/preflight may not include worker/stage/tokens.hpp")
planted(layers worker/pass/a.cpp "#include \"worker/cli/app.hpp\"\n"
  "worker/pass may not include worker/cli/app.hpp")
planted(layers worker/serve/a.cpp "#include \"worker/pass/pass.hpp\"\n"
  "worker/serve may not include worker/pass/pass.hpp")
planted(layers worker/verify/a.cpp "#include \"worker/pass/pass.hpp\"\n"
  "worker/verify may not include worker/pass/pass.hpp")
# What a header brings in counts as what was asked for by name.
planted(layers worker/stage/outcome.hpp "#include \"config/settings.hpp\"\n"
  "worker/catalog/ledger.hpp: worker/catalog may not have config/settings.hpp, which")
planted(layers worker/stage/publish.hpp "#include \"worker/stage/tokens.hpp\"\n#include \"worker/serve/a.hpp\"\n"
  "worker/pass/pass.cpp: worker/pass may not have worker/serve/a.hpp, which")
planted(layers worker/cli/a.cpp "#include \"app.hpp\"\n" "not written from the root")
planted(layers worker/cli/a.cpp "#include \"tests/support/mem_fs.hpp\"\n" "of no room")
planted(layers fsutil/text.hpp "#include <spdlog/fmt/fmt.h>\n" "spdlog is fenced off")
planted(layers config/settings.cpp "#include <toml++/toml.h>\n" "toml++ is fenced off")
planted(layers worker/rollout/reader.cpp "#include <zstd.h>\n" "zstd is fenced off")
planted(layers worker/pass/a.cpp "#include <simdjson.h>\n" "simdjson is fenced off")
planted(layers worker/pass/session.cpp "#include <nlohmann/json.hpp>\n" "nlohmann is fenced off")
planted(layers worker/catalog/ledger.cpp "#include <sqlite3.h>\n" "sqlite3 is fenced off")
planted(layers worker/cli/a.cpp "#include <uv.h>\n" "uv is fenced off")
planted(layers worker/serve/service.cpp "#include <systemd/sd-daemon.h>\n" "libsystemd is fenced off")
planted(layers worker/pass/a.cpp "#include <CLI/CLI.hpp>\n" "CLI11 is fenced off")
planted(layers worker/pass/a.cpp "#ifdef __APPLE__\n#endif\n" "which platform")
planted(layers fsutil/fs.hpp "#if !defined(COLDPRESS_PORTABLE)\n#endif\n" "which platform")
planted(names worker/stage/b.hpp "namespace coldpress {\n\nenum class Form { a };\n\n}\n"
  "Form is defined in")
planted(tests tests/race/race_a.cpp "" "tests/race/race_a.cpp: no target compiles it")
planted(tests tests/fuzz/zz_a.cpp "" "tests/fuzz/zz_a.cpp: no target compiles it")

planted(layers worker/stage/reap.cpp "  TRY(fs_.unlink(path));\n" "unlinks a file by its name")
planted(layers worker/rollout/writer.cpp "  (void)fs->unlink(path);\n" "unlinks a file by its name")
planted(layers worker/pass/reaper.cpp "  ::unlink(path.c_str());\n" "unlinks a file by its name")
planted(layers worker/cli/a.cpp "  std::filesystem::remove(path);\n" "unlinks a file by its name")

# The makers of the real headers, with one more.
macro(second_maker path before text says)
  file(REMOVE_RECURSE ${SCRATCH})
  foreach(room locking worker/rollout worker/stage)
    file(COPY ${LINT}/../../${room} DESTINATION ${SCRATCH}/${room}/.. FILES_MATCHING PATTERN *.hpp)
  endforeach()
  file(READ ${SCRATCH}/${path} whole)
  string(REPLACE "${before}" "${text}${before}" changed "${whole}")
  file(WRITE ${SCRATCH}/${path} "${changed}")
  expect(makers "${says}")
endmacro()
second_maker(worker/stage/verify.hpp "Step<Verified> verify" "" "")
second_maker(worker/stage/verify.hpp "Step<Verified> verify" "Verified trust(Encoded encoded);\n"
  "trust() is another maker of Verified")
second_maker(worker/stage/tokens.hpp "  friend class EncodedMaker" "  friend class SecondMaker;\n"
  "Encoded has 2 friends")
second_maker(worker/rollout/redundant.hpp "  Result<void> remove() &&"
  "  static Redundant make(Fs& fs, std::string path);\n" "make() is another maker of Redundant")

file(REMOVE_RECURSE ${SCRATCH})
file(MAKE_DIRECTORY ${SCRATCH})
expect(layers "0 faults in 0 files")
file(REMOVE_RECURSE ${SCRATCH})
if(wrong)
  message(FATAL_ERROR "lint.red: a lint does not do its work")
endif()
