#include "fsutil/subprocess.hpp"

#include <doctest/doctest.h>

#include <csignal>

using namespace coldpress;

namespace {

SubprocessCall shell(const std::string& script) {
  return {{"sh", "-c", script}};
}

SubprocessEnd end_of(const SubprocessCall& call) {
  const SystemClock clock;
  auto end = run_subprocess(clock, call);
  REQUIRE(end);
  return *end;
}

} // namespace

TEST_CASE("a subprocess answers what it printed and how it ended") {
  const SubprocessEnd end = end_of(shell("echo data; echo trouble >&2; exit 7"));
  CHECK_EQ(end.out, "data\n");
  CHECK_EQ(end.err, "trouble\n");
  CHECK_EQ(end.code, 7);
}

TEST_CASE("a subprocess that a signal ends has 128 and the signal as its code") {
  CHECK_EQ(end_of(shell("kill -TERM $$")).code, 128 + SIGTERM);
}

TEST_CASE("a subprocess reads what it is given, however long, and then the end of it") {
  SubprocessCall call = shell("wc -c");
  CHECK_EQ(std::stoul(end_of(call).out), 0);
  call.input.assign(300'000, 'x'); // more than a pipe holds
  CHECK_EQ(std::stoul(end_of(call).out), 300'000);
}

TEST_CASE("a subprocess that reads nothing of what it is given does no harm") {
  std::signal(SIGPIPE, SIG_IGN); // as in the program
  SubprocessCall call = shell("exit 3");
  call.input.assign(300'000, 'x');
  CHECK_EQ(end_of(call).code, 3);
  std::signal(SIGPIPE, SIG_DFL);
}

TEST_CASE("output beyond the limit is an error, never a part that looks like all of it") {
  SubprocessCall call = shell("head -c 1001 /dev/zero");
  const SystemClock clock;
  call.most_output = 1000;
  const auto cut = run_subprocess(clock, call);
  REQUIRE_FALSE(cut);
  CHECK_EQ(cut.error().code, Errc::invalid);
  CHECK_NE(describe(cut.error()).find("limit of 1000 bytes"), std::string::npos);
  call.most_output = 1001;
  CHECK_EQ(end_of(call).out.size(), 1001);
}

TEST_CASE("of messages beyond the limit the beginning is kept") {
  SubprocessCall call = shell("echo data; head -c 100000 /dev/zero >&2; exit 4");
  call.most_output = 1000;
  const SubprocessEnd end = end_of(call);
  CHECK_EQ(end.out, "data\n");
  CHECK_EQ(end.err.size(), 1000);
  CHECK_EQ(end.code, 4);
}

TEST_CASE("a subprocess that lasts too long is killed with all that it has started") {
  const SystemClock clock;
  SubprocessCall call;
  SUBCASE("and talks to us") {
    call = shell("sleep 60 & sleep 60");
  }
  SUBCASE("and has closed its streams") {
    call = shell("exec sleep 60 >&- 2>&-");
  }
  call.limit = std::chrono::milliseconds{50};
  const auto end = run_subprocess(clock, call);
  REQUIRE_FALSE(end);
  CHECK_EQ(end.error().code, Errc::canceled);
}

TEST_CASE("a program that does not exist is not found") {
  const SystemClock clock;
  const auto end = run_subprocess(clock, {{"coldpress-no-such-program"}});
  REQUIRE_FALSE(end);
  CHECK_EQ(end.error().code, Errc::not_found);
}

TEST_CASE("a subprocess has our environment and what is set for it") {
  SubprocessCall call = shell("echo \"$COLDPRESS_SET\"; test -n \"$PATH\"");
  call.environment = {{"COLDPRESS_SET", "here"}};
  const SubprocessEnd end = end_of(call);
  CHECK_EQ(end.out, "here\n");
  CHECK_EQ(end.code, 0);
}
