#include "worker/cli/fleet/json.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>

using namespace coldpress;

namespace {

StoreResult begun(const char* store = "/a") {
  StoreResult result;
  result.store = store;
  result.listed = "/list/a";
  result.command = "run";
  result.time = WallTime(std::chrono::seconds(1'767'323'045)); // 2026-01-02T03:04:05Z
  return result;
}

StoreResult ended(const char* store, StoreState state, int exit) {
  StoreResult result = begun(store);
  result.state = state;
  result.exit = exit;
  return result;
}

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

// What one line of a command makes of its store.
StoreResult after(const char* line) {
  StoreResult result = begun();
  StoreLines(result).take(line);
  return result;
}

std::string first_concern(const char* line) {
  const StoreResult result = after(line);
  return result.attention.empty() ? "none" : result.attention.front();
}

FleetView view_of(std::initializer_list<StoreResult> results) {
  FleetView view;
  view.command = "run";
  for (const StoreResult& result : results) {
    keep_newest(view.results, result);
  }
  return view;
}

} // namespace

TEST_CASE("each line gets the store, behind its type, and keeps its other fields") {
  StoreResult result = begun();
  StoreLines lines(result);
  CHECK_EQ(lines.take(R"({"message_type":"progress","done":1,"total":2})"),
           R"({"message_type":"progress","store":"/a","done":1,"total":2})");
  // One that has it: under the same name for all lines.
  CHECK_EQ(lines.take(R"({"message_type":"status","store":"/else","x":[1,{"y":null}]})"),
           R"({"message_type":"status","store":"/a","x":[1,{"y":null}]})");
}

TEST_CASE("a line that is no object is told, and not passed on") {
  for (const char* line : {"", "text", "[1]", "{", R"({"store":"/a"})"}) {
    CAPTURE(line);
    StoreResult result = begun();
    CHECK_EQ(StoreLines(result).take(line), "");
    CHECK_EQ(result.attention.size(), 1U);
  }
}

TEST_CASE("what failed, conflicts, is damaged or is a problem needs a look") {
  CHECK_EQ(first_concern(R"({"message_type":"outcome","rollout":"r","outcome":"failed",)"
                         R"("reason":"io_error","error":{"code":"io","errno":"EIO",)"
                         R"("op":"read","path":"/r"}})"),
           "failed: r: io_error: read: /r: EIO: io");
  CHECK_EQ(
      first_concern(R"({"message_type":"outcome","rollout":"r","outcome":"conflict",)"
                    R"("detail":"they differ"})"),
      "conflict: r: they differ");
  CHECK_EQ(first_concern(R"({"message_type":"outcome","rollout":"r","outcome":"skipped",)"
                         R"("reason":"too_young"})"),
           "none");
  CHECK_EQ(first_concern(R"({"message_type":"verified","rollout":"r","ok":false,)"
                         R"("result":"damaged","detail":"checksum"})"),
           "damaged: r: checksum");
  CHECK_EQ(first_concern(R"({"message_type":"verified","rollout":"r","ok":true,)"
                         R"("result":"ok"})"),
           "none");
  CHECK_EQ(first_concern(R"({"message_type":"finding","check":"space","level":"problem",)"
                         R"("what":"full","hint":"free some"})"),
           "space: full: free some");
  CHECK_EQ(first_concern(R"({"message_type":"finding","check":"space","level":"warning",)"
                         R"("what":"nearly full"})"),
           "none");
  CHECK_EQ(first_concern(R"({"message_type":"error","code":"busy","hint":"wait"})"),
           "wait");
  CHECK_EQ(first_concern(R"({"message_type":"summary","deferred":"maintenance"})"),
           "deferred: maintenance");
  CHECK_EQ(first_concern(R"({"message_type":"status","orphans":2})"),
           "2 files in orphans/ need attention");
  CHECK_EQ(first_concern(R"({"message_type":"status","orphans":"unknown"})"), "none");
}

TEST_CASE("savings are those of all runs, by the ledger or the report") {
  CHECK(after(R"({"message_type":"summary","counts":{"compressed":1},"bytes_before":10,)"
              R"("bytes_after":1,"totals":{"bytes_before":100,"bytes_after":30}})")
            .saved_bytes == 70);
  // Frames that are larger than what they replaced save nothing, not nearly 2^64.
  CHECK(after(R"({"message_type":"summary","totals":{"bytes_before":1,"bytes_after":3}})")
            .saved_bytes == 0);
  CHECK_FALSE(after(R"({"message_type":"summary","bytes_before":10})").saved_bytes);
  CHECK(after(R"({"message_type":"report","saved_bytes":5,"rollouts":2,"bytes":9,)"
              R"("would_free":{"as_set":{"freed":4}}})")
            .would_free == 4);
}

TEST_CASE("a result is read back from its line") {
  StoreResult result = ended("/a", StoreState::needs_attention, 4);
  result.seconds = 1.5;
  result.counts = {{"compressed", 3}, {"failed", 1}};
  result.saved_bytes = 70;
  result.enabled = false;
  result.attention = {"conflict: \"quoted\"", "second"};
  result.attention_left = 2;
  const std::string line = json_of(result);
  const auto back = parse_store_result(line);
  REQUIRE(back);
  CHECK_EQ(json_of(*back), line);
  CHECK(back->state == StoreState::needs_attention);
  CHECK(back->time == result.time);
  const auto running = parse_store_result(json_of(begun()));
  REQUIRE(running);
  CHECK(running->state == StoreState::running);
}

TEST_CASE("a line of a store that lacks something is no result") {
  const std::string good = json_of(ended("/a", StoreState::done, 0));
  REQUIRE(parse_store_result(good));
  for (const char* part : {R"("store":"/a")",
                           R"("command":"run")",
                           R"("result":"done")",
                           R"("time":"2026-01-02T03:04:05Z")",
                           R"("exit":0)"}) {
    std::string bad = good;
    const std::size_t at = bad.find(part);
    REQUIRE(at != std::string::npos);
    bad.replace(at, std::string(part).size(), R"("other":1)");
    CAPTURE(bad);
    CHECK_FALSE(parse_store_result(bad));
  }
  std::string bad = good;
  bad.replace(bad.find("{}"), 2, R"({"compressed":-1})");
  CHECK_FALSE(parse_store_result(bad));
}

TEST_CASE("a store of which nothing is known shows no zeros") {
  StoreResult done = ended("/done", StoreState::done, 0);
  done.counts = {{"compressed", 2}};
  const FleetTable table =
      table_of(view_of({done, ended("/failed", StoreState::failed, 1)}));
  REQUIRE_EQ(table.rows.size(), 3U);
  CHECK_EQ(table.head,
           std::vector<std::string>{"Store", "Result", "Compressed", "Failed"});
  CHECK_EQ(table.rows[0], std::vector<std::string>{"/done", "done", "2", "0"});
  CHECK_EQ(table.rows[1], std::vector<std::string>{"/failed", "failed", "-", "-"});
  CHECK_EQ(table.rows[2], std::vector<std::string>{"2 stores", "", "2", "0"});
}

TEST_CASE("what needs a look most comes first") {
  FleetView view = view_of({ended("/a", StoreState::busy, 75),
                            ended("/b", StoreState::done, 0),
                            ended("/c", StoreState::needs_attention, 4),
                            ended("/d", StoreState::failed, 1)});
  view.missing = {"/e"};
  std::string order;
  for (const FleetConcern& concern : concerns_of(view)) {
    order += concern.where;
  }
  CHECK_EQ(order, "/c/d/a/e");
}

TEST_CASE("a merge that misses something is no success") {
  FleetView view = view_of({ended("/a", StoreState::done, 0)});
  CHECK_EQ(exit_of(view), 0);
  view.superseded = {"file"};
  CHECK_EQ(exit_of(view), 0);
  view.missing = {"/b"};
  CHECK_EQ(exit_of(view), 3);
  view.missing.clear();
  view.missing_shards = {1};
  CHECK_EQ(exit_of(view), 3);
  view.missing_shards.clear();
  view.incomplete = {"file"};
  CHECK_EQ(exit_of(view), 3);
  view.signal = 15;
  CHECK_EQ(exit_of(view), 143);
}

TEST_CASE("a page shows names as text, whatever they hold") {
  StoreResult evil = ended("/<script>alert(1)</script>", StoreState::failed, 1);
  evil.attention = {"<img src=x>"};
  const std::string page = fleet_html(view_of({evil}));
  CHECK_FALSE(has(page, "<script"));
  CHECK_FALSE(has(page, "<img"));
  CHECK(has(page, "&lt;script&gt;"));
}
