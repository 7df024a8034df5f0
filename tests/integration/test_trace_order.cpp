#include "tests/integration/codex_home.hpp"
#include "tests/integration/trace.hpp"

#include <doctest/doctest.h>

using namespace coldpress;

namespace {

// The numbers of descriptors are those of the program; "7</path>" gives "7<".
std::string descriptor(const std::string& result) {
  return result.substr(0, result.find('<') + 1);
}

bool good(const Call& call) {
  return !call.result.starts_with("-1");
}

Order::Wanted
on(const std::string& name, const std::string& first, const std::string& inside = {}) {
  return [=](const Call& call) {
    return good(call) && call.name == name && call.arguments.starts_with(first) &&
           call.arguments.find(inside) != std::string::npos;
  };
}

Order::Wanted holding(const std::string& name, const std::string& inside) {
  return on(name, "", inside);
}

Order::Wanted sync_of(const std::string& path) {
  return holding("fsync", "<" + path + ">");
}

bool may_trace() {
  return run_program({{"strace", "-f", "-o", "/dev/null", "true"}, {}}).code == 0;
}

std::string trace_of(const CodexHome& home, ProgramStart start) {
  const std::string file = home.outside() + "/trace";
  const std::vector<std::string> strace{
      "strace",
      "-f",
      "-y",
      "-s",
      "400",
      "-o",
      file,
      "-e",
      "trace=openat,fsync,pread64,pwrite64,linkat,fcntl,renameat2,?unlink,unlinkat,"
      "utimensat"};
  start.command.insert(start.command.begin(), strace.begin(), strace.end());
  start.environment["ASAN_OPTIONS"] = "detect_leaks=0"; // which needs ptrace for itself
  const ProgramEnd end = run_program(start);
  CHECK_EQ(end.code, 0);
  return read_file(file);
}

bool is_unlink(const Call& call, const std::string& part) {
  return good(call) && call.name.starts_with("unlink") &&
         call.arguments.find(part) != std::string::npos;
}

} // namespace

#ifndef COLDPRESS_PORTABLE

TEST_CASE(
    "compressing one rollout makes its system calls in the order that loses nothing") {
  if (!may_trace()) {
    MESSAGE("skipped: may not trace here");
    return;
  }
  CodexHome home;
  const std::string rollout = home.add({});
  const std::string plain = home / rollout;
  const std::string dir = home / "archived_sessions";
  Order order(read_trace(trace_of(home, home.compressing({"--jobs", "1"}))));

  // Beside it; another is made elsewhere before, to see whether the run may begin.
  const Call* temp = order.then([&](const Call& call) {
    return good(call) && call.name == "openat" &&
           call.arguments.find("O_TMPFILE") != std::string::npos &&
           call.arguments.find("<" + dir + ">") != std::string::npos;
  });
  REQUIRE(temp != nullptr);
  const std::string fd = descriptor(temp->result);
  CHECK(order.then(on("pwrite64", fd)) != nullptr);
  CHECK(order.then(on("fsync", fd)) != nullptr); // 3: synced, read back
  CHECK(order.then(on("pread64", fd)) != nullptr);
  CHECK(order.then(on("utimensat", fd)) != nullptr); // 4: metadata, synced
  CHECK(order.then(on("fsync", fd)) != nullptr);
  CHECK(order.then(on("linkat", fd, plain + ".zst")) != nullptr); // 5: named, synced
  CHECK_FALSE(order.before(holding("renameat2", plain)));
  CHECK(order.then(on("fsync", fd)) != nullptr);
  CHECK(order.then(sync_of(dir)) != nullptr);
  CHECK_FALSE(order.before(holding("renameat2", plain)));
  const std::string lease = plain + ">, F_SETLEASE, F_RDLCK";
  CHECK(order.then(holding("fcntl", lease)) != nullptr);                 // 7
  CHECK(order.then(holding("renameat2", plain)) != nullptr);             // 9
  CHECK(order.then(holding("fcntl", "F_GETLEASE")) != nullptr);          // 10
  CHECK(order.then(holding("fcntl", "F_SETLEASE, F_UNLCK")) != nullptr); // 11
  CHECK(order.then(sync_of(dir)) != nullptr);
  CHECK(order.then(sync_of(plain + ".zst")) != nullptr); // 12: what stays, then the lease
  CHECK(order.then(sync_of(dir)) != nullptr);
  CHECK(order.then(holding("fcntl", "F_SETLEASE, F_WRLCK")) != nullptr);
  CHECK(order.then(holding("fcntl", "F_GETLEASE")) != nullptr);
  const auto retired = [](const Call& call) {
    return is_unlink(call, ".coldpress-retired");
  };
  CHECK_FALSE(order.before(retired));
  CHECK(order.then(retired) != nullptr);
  CHECK(order.then(sync_of(dir)) != nullptr);
  CHECK_FALSE(exists(plain));
}

#endif

TEST_CASE("restoring one rollout removes the .zst only when the plain file is durable") {
  if (!may_trace()) {
    MESSAGE("skipped: may not trace here");
    return;
  }
  CodexHome home;
  const std::string rollout = home.add({});
  const std::string plain = home / rollout;
  const std::string dir = home / "archived_sessions";
  REQUIRE_EQ(home.compress().code, 0);
  Order order(read_trace(trace_of(home, home.coldpress({"restore", "--all"}))));

  const auto is_temp = [](const Call& call) {
    return good(call) && call.name == "openat" &&
           (call.arguments.find("O_TMPFILE") != std::string::npos ||
            call.arguments.find(".coldpress-part") != std::string::npos);
  };
  const auto names_it = [&](const Call& call) {
    return good(call) && (call.name == "linkat" || call.name == "renameat2") &&
           call.arguments.find(plain + "\"") != std::string::npos;
  };
  const auto removes_frame = [&](const Call& call) {
    return is_unlink(call, plain + ".zst");
  };
  const Call* temp = order.then(is_temp);
  REQUIRE(temp != nullptr);
  const std::string fd = descriptor(temp->result);
  CHECK(order.then(on("pwrite64", fd)) != nullptr);
  CHECK(order.then(on("fsync", fd)) != nullptr);
  CHECK(order.then(on("pread64", fd)) != nullptr);
  CHECK(order.then(on("fsync", fd)) != nullptr);
  CHECK(order.then(names_it) != nullptr);
  CHECK(order.then(on("fsync", fd)) != nullptr);
  CHECK(order.then(sync_of(dir)) != nullptr);
  CHECK_FALSE(order.before(removes_frame));
  CHECK(order.then(removes_frame) != nullptr);
  CHECK(order.then(sync_of(dir)) != nullptr);
}
