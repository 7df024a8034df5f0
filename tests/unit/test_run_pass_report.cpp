#include "worker/run/pass_report.hpp"

#include <doctest/doctest.h>

#include <vector>

using namespace coldpress;

namespace {

std::vector<std::string> lines_of(const std::vector<std::string>& pieces) {
  LineCutter cutter;
  std::vector<std::string> lines;
  for (const std::string& piece : pieces) {
    cutter.feed(piece, [&lines](std::string_view line) { lines.emplace_back(line); });
  }
  return lines;
}

using Lines = std::vector<std::string>;

} // namespace

TEST_CASE("lines are cut wherever the pieces end, and a begun one is held back") {
  CHECK(lines_of({"a\nb", "c\n", "\nd"}) == Lines{"a", "bc", ""});
}

TEST_CASE("a line that is too long is dropped, and the next one is whole") {
  const std::string much(LineCutter::k_longest, 'x');
  CHECK(lines_of({"a\n", much, much, "y\nb\n"}) == Lines{"a", "b"});
  CHECK(lines_of({much + "y\nb\n"}) == Lines{"b"});
  CHECK(lines_of({much + "\nb\n"}) == Lines{much, "b"});
}

TEST_CASE("progress moves only if its numbers do; waiting is something else") {
  PassReport report;
  const std::string at_one = R"({"message_type":"progress","done":1,"total":4,)"
                             R"("bytes_done":10,"bytes_total":40)";
  CHECK(report.take(at_one + "}") == PassNews::moved);
  CHECK(report.take(at_one + "}") == PassNews::none);
  CHECK(report.take(at_one + R"(,"waiting":true})") == PassNews::waits);
  CHECK(report.progress() == ServiceProgress{1, 4, 10, 40});
  CHECK(report.take(R"({"message_type":"progress","done":1,"total":4,"bytes_done":11,)"
                    R"("bytes_total":40})") == PassNews::moved);
}

TEST_CASE("each rollout that is told of is a movement") {
  PassReport report;
  CHECK(report.take(R"({"message_type":"outcome","rollout":"a"})") == PassNews::moved);
  CHECK(report.take(R"({"message_type":"decision","rollout":"a"})") == PassNews::moved);
}

TEST_CASE("the summary is the result") {
  PassReport report;
  (void)report.take(
      R"({"message_type":"summary","enabled":true,"refused":{"reason":"reader_too_old"},)"
      R"("deferred":"maintenance","counts":{"compressed":3,"recompressed":1,"reaped":2,)"
      R"("failed":5,"conflict":6,"orphaned":1},"bytes_before":100,"bytes_after":10,)"
      R"("not_freed_yet":7,"seconds":1.5,"exit":4})");
  REQUIRE(report.result().has_value());
  const PassResult& result = *report.result();
  CHECK(result.compressed == 4);
  CHECK(result.reaped == 2);
  CHECK(result.failed == 5);
  CHECK(result.needing_a_person == 7);
  CHECK(result.bytes_before == 100);
  CHECK(result.bytes_after == 10);
  CHECK(result.not_freed_bytes == 7);
  CHECK(result.seconds == doctest::Approx(1.5));
  CHECK(result.refused == "reader_too_old");
  CHECK(result.deferred == "maintenance");
}

TEST_CASE("why a pass could not be done is its hint, else its code") {
  PassReport report;
  (void)report.take(R"({"message_type":"error","code":"busy","hint":"pid 7 has it"})");
  CHECK(report.error() == "pid 7 has it");
  (void)report.take(R"({"message_type":"error","code":"busy"})");
  CHECK(report.error() == "busy");
}

TEST_CASE("a line that is not understood says nothing") {
  PassReport report;
  for (const char* line : {"",
                           "[]",
                           "null",
                           "{",
                           "{}",
                           R"({"message_type":7})",
                           R"({"message_type":"new"})",
                           "\xff\xfe"}) {
    CHECK(report.take(line) == PassNews::none);
  }
  CHECK_FALSE(report.result().has_value());
  // Members of another type count as nothing.
  CHECK(report.take(R"({"message_type":"summary","counts":[],"seconds":"x","refused":1,)"
                    R"("bytes_before":-1})") == PassNews::moved);
  CHECK(report.result()->bytes_before == 0);
}
