#include "fsutil/text.hpp"
#include "tests/support/fake_clock.hpp"
#include "tests/support/mem_fs.hpp"
#include "worker/rollout/recent_writers.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

using namespace coldpress;
using namespace std::chrono_literals;

namespace {

constexpr std::string_view k_id = "01a22577-18f3-7a92-9da9-716eec24c0b1"; // of 2026-11-29

std::string turn(std::string_view time, std::string_view members) {
  return fmt::format(
      R"({{"timestamp":"{}","type":"turn_context","payload":{{"cwd":"/"{}}}}})",
      time,
      members);
}

WallTime time(std::string_view text) {
  return parse_time(text).value();
}

RecentWriters read(const std::string& text,
                   std::string_view begun = "2026-01-01T00:00:00Z",
                   std::uint64_t bytes = k_turns_bytes) {
  FakeClock clock;
  MemFs disk(clock);
  disk.put("/file", text, clock.wall());
  const File file(disk, disk.open_read("/file").value());
  return read_recent_writers(disk,
                             file.handle(),
                             text.size(),
                             time(begun),
                             time("2026-11-01T00:00:00Z"),
                             bytes)
      .value();
}

WallTime last(const RecentWriters& writers, TurnWriter writer) {
  return writers.last.at(static_cast<std::size_t>(writer));
}

} // namespace

TEST_CASE("a turn tells its writer by the members that came with a release") {
  struct Case {
    std::string_view members;
    TurnWriter writer;
  };
  const Case cases[] = {
      {"", TurnWriter::before_0_136},
      {R"(,"workspace_roots":[])", TurnWriter::only_0_136},
      {R"(,"workspace_roots":[],"multi_agent_version":null)", TurnWriter::only_0_136},
      {R"(,"workspace_roots":[],"multi_agent_version":"disabled")",
       TurnWriter::from_0_137},
      {R"(,"multi_agent_version":"v1","root_turn_id":"x")", TurnWriter::from_0_153},
      {R"(,"multi_agent_version":"v1","root_turn_id":"x","disabled_plugin_ids":[])",
       TurnWriter::from_0_155},
      {R"(,"root_turn_id":"x","disabled_plugin_ids":[])", TurnWriter::before_0_136}};
  for (const Case& each : cases) {
    CAPTURE(each.members);
    const auto found = parse_turn(turn("2026-11-20T00:00:00Z", each.members));
    REQUIRE(found);
    CHECK(found->writer == each.writer);
    CHECK(found->when == time("2026-11-20T00:00:00Z"));
  }
}

TEST_CASE("a copied turn is as old as its id says, not as its line") {
  const auto id = fmt::format(R"(,"turn_id":"{}")", k_id);
  const auto copied = parse_turn(turn("2027-05-05T05:05:05Z", id));
  REQUIRE(copied);
  CHECK(copied->when == time("2026-11-29T04:01:31.891Z"));
  // An id that is no UUIDv7, or from later than the line, does not make it younger.
  CHECK(parse_turn(turn("2026-01-01T00:00:00Z", id))->when ==
        time("2026-01-01T00:00:00Z"));
  for (const std::string_view other : {"3",
                                       "01a22577-18f3-4a92-9da9-716eec24c0b1",
                                       "zzzzzzzz-18f3-7a92-9da9-716eec24c0b1"}) {
    const auto line =
        turn("2027-05-05T05:05:05Z", fmt::format(R"(,"turn_id":"{}")", other));
    CHECK(parse_turn(line)->when == time("2027-05-05T05:05:05Z"));
    CHECK_FALSE(parse_turn(line)->dated_by_id);
  }
}

TEST_CASE("what is no turn_context, or no whole record, is no turn") {
  const std::string good = turn("2026-11-20T00:00:00Z", "");
  CHECK(parse_turn(good));
  CHECK_FALSE(parse_turn(good.substr(0, good.size() - 1)));
  CHECK_FALSE(parse_turn(turn("yesterday", "")));
  CHECK_FALSE(parse_turn(""));
  CHECK_FALSE(parse_turn(R"({"timestamp":"2026-11-20T00:00:00Z","type":"response_item",)"
                         R"("payload":{"text":"\"turn_context\""}})"));
  // As a tool writes it that sorts the members.
  CHECK(parse_turn(R"({"payload":{"cwd":")" + std::string(2000, 'x') +
                   R"("},"timestamp":"2026-11-20T00:00:00Z","type":"turn_context"})"));
}

TEST_CASE(
    "turns are read back to the first that is too old, and the latest of each kept") {
  const std::string marked = R"(,"multi_agent_version":"v1")";
  const std::string text = turn("2026-11-25T00:00:00Z", "") + "\n" + // behind the old one
                           turn("2026-10-01T00:00:00Z", marked) + "\n" +
                           turn("2026-11-02T00:00:00Z", "") + "\n" +
                           turn("2026-11-03T00:00:00Z", "") + "\n{torn\n" +
                           turn("2026-11-04T00:00:00Z", marked);
  const RecentWriters found = read(text);
  CHECK(last(found, TurnWriter::before_0_136) == time("2026-11-03T00:00:00Z"));
  CHECK(last(found, TurnWriter::from_0_137) == time("2026-11-04T00:00:00Z"));
  CHECK(last(found, TurnWriter::from_0_155) == WallTime{});
  CHECK(found.seen_since == time("2026-10-01T00:00:00Z"));
}

TEST_CASE("where the bytes that may be read end, turns before it are not known") {
  const std::string padding = std::string(300'000, 'x') + "\n";
  const std::string marked =
      turn("2026-11-04T00:00:00Z", R"(,"multi_agent_version":"v1")");
  const std::string text =
      turn("2026-11-03T00:00:00Z", "") + "\n" + padding + marked + "\n";
  CHECK(read(text).seen_since == WallTime{});
  CHECK(last(read(text), TurnWriter::before_0_136) != WallTime{});

  const RecentWriters part = read(text, "2026-01-01T00:00:00Z", 100'000);
  CHECK(last(part, TurnWriter::before_0_136) == WallTime{});
  CHECK(part.seen_since == time("2026-11-04T00:00:00Z"));
  CHECK(read(padding, "2026-01-01T00:00:00Z", 100'000).seen_since == WallTime::max());
}

TEST_CASE(
    "an undated turn written with the first record is a fork's copy or its owner's") {
  const std::string undated = turn("2026-11-20T00:00:01Z", "") + "\n";
  CHECK(read(undated, "2026-11-20T00:00:00Z") == RecentWriters{});
  CHECK(last(read(undated, "2026-11-19T23:58:00Z"), TurnWriter::before_0_136) !=
        WallTime{});
  const std::string dated =
      turn("2026-11-30T04:01:33Z", fmt::format(R"(,"turn_id":"{}")", k_id)) + "\n";
  CHECK(last(read(dated, "2026-11-30T04:01:32Z"), TurnWriter::before_0_136) !=
        WallTime{});
}
