#include "tests/integration/codex_home.hpp"
#include "tests/integration/refused_calls.hpp"

#include <doctest/doctest.h>
#include <sys/syscall.h>

#include <cerrno>

using namespace coldpress;

namespace {

// Compresses and restores where the kernel refuses these calls; it may skip what it
// cannot do safely, and loses nothing either way.
void check_never_worse(const std::vector<RefusedCall>& calls, bool compresses) {
  CodexHome home;
  const std::string archived = home.add({.number = 1});
  const std::string active = home.add({.number = 2, .tree = "sessions/2026/01/05"});
  const Listing before = list(home.path(), Inodes::without);
  ProgramStart start =
      home.compressing({"--roots", "archived,active", "--reap-grace", "0s"});
  start.before_program = [&calls] { return refuse_calls(calls); };
  const ProgramEnd end = run_program(start);
  if (end.code == 127) {
    MESSAGE("skipped: no seccomp filters here");
    return;
  }
  CHECK_EQ(end.code, 0);
  CHECK_EQ(exists(home / archived), !compresses);
  CHECK_EQ(differing(rollout_bytes(home / archived), rollout_content({.number = 1})), "");
  CHECK_EQ(differing(rollout_bytes(home / active), rollout_content({.number = 2})), "");
  CHECK_EQ(litter(home.path()), std::vector<std::string>());

  ProgramStart back = home.coldpress({"restore", "--all"});
  back.before_program = start.before_program;
  CHECK_EQ(run_program(back).code, 0);
  Listing after = list(home.path(), Inodes::without);
  for (const std::string& rollout : {archived, active}) {
    CHECK_EQ(after[rollout], before.at(rollout));
  }
}

} // namespace

TEST_CASE("without unnamed files a rollout is compressed through a named one") {
  for (const int error : {EOPNOTSUPP, EISDIR, EINVAL}) {
    CAPTURE(error);
    check_never_worse({refused_unnamed_files(error)}, true);
  }
}

TEST_CASE("without leases the archived tree is compressed and the active one left") {
  for (const int error : {EINVAL, EACCES}) {
    CAPTURE(error);
    check_never_worse({refused_leases(error)}, true);
  }
}

#ifndef COLDPRESS_PORTABLE
TEST_CASE("where every lease is refused as busy nothing is compressed") {
  check_never_worse({refused_leases(EAGAIN)}, false);
}
#endif

TEST_CASE("without renameat2 a rollout is retired in two steps") {
  for (const int error : {EINVAL, ENOSYS}) {
    CAPTURE(error);
    check_never_worse({refused_renames(error)}, true);
  }
}

TEST_CASE("without any of the three a rollout is compressed all the same") {
  check_never_worse({refused_unnamed_files(EOPNOTSUPP),
                     refused_leases(EINVAL),
                     refused_renames(ENOSYS)},
                    true);
}

TEST_CASE("a store that may not be written is told of with where to look") {
  CodexHome home;
  home.add({});
  ProgramStart start = home.compressing({});
  std::vector<RefusedCall> calls{{SYS_mkdirat, 0, 0, 0, EACCES}};
#ifdef SYS_mkdir
  calls.push_back({SYS_mkdir, 0, 0, 0, EACCES});
#endif
  start.before_program = [&calls] { return refuse_calls(calls); };
  const ProgramEnd end = run_program(start);
  if (end.code == 127) {
    MESSAGE("skipped: no seccomp filters here");
    return;
  }
  CHECK_EQ(end.code, 1);
  CHECK_HAS(end.err, "the store is not writable; coldpress doctor says why");
}
