#include "tests/support/fake_clock.hpp"
#include "tests/support/mem_fs.hpp"
#include "worker/rollout/codec.hpp"
#include "worker/rollout/head.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <string>

using namespace coldpress;
using namespace std::chrono_literals;

namespace {

const std::string k_id = "0199aaaa-bbbb-7ccc-8ddd-eeeeffff0001";
const std::string k_parent = "0199aaaa-bbbb-7ccc-8ddd-eeeeffff0002";

std::string meta(const std::string& more_payload, const std::string& more_record = "") {
  return R"({"timestamp":"2026-01-02T03:04:05.678Z","type":"session_meta",)" +
         more_record + R"("payload":{"id":")" + k_id + "\"" + more_payload + "}}";
}

const std::string k_whole =
    meta(R"(,"timestamp":"2026-01-02T03:04:05.600Z","cwd":"/home/a/b \u00e9",)"
         R"("originator":"codex_exec","cli_version":"0.169.0","source":"exec",)"
         R"("history_mode":"paginated")");

std::string compress(const std::string& plain) {
  std::string frame;
  const Sink sink = [&](std::span<const std::byte> data) -> Result<void> {
    for (const std::byte byte : data) {
      frame += static_cast<char>(byte);
    }
    return {};
  };
  auto encoder = FrameEncoder::create(choose_frame_options(plain.size(), 1, std::nullopt),
                                      plain.size());
  REQUIRE(encoder);
  REQUIRE(encoder->push(std::as_bytes(std::span(plain)), sink));
  REQUIRE(encoder->finish(sink));
  return frame;
}

struct Store {
  FakeClock clock;
  MemFs fs{clock};

  std::optional<RolloutHead> head(const std::string& path, const std::string& bytes) {
    fs.put(path, bytes);
    auto head = read_head(fs, path);
    REQUIRE(head);
    CHECK(fs.open_handles() == 0);
    return *head;
  }
};

} // namespace

TEST_CASE("a session_meta names its thread, project, version and time") {
  const auto head = parse_head(k_whole);
  REQUIRE(head);
  CHECK(head->thread_id == k_id);
  CHECK(head->cwd == "/home/a/b \xC3\xA9");
  CHECK(head->cli_version == "0.169.0");
  CHECK_FALSE(head->has_history_base);
  CHECK(head->history_base_thread.empty());
  const WallTime expected =
      std::chrono::sys_days{std::chrono::year{2026} / 1 / 2} + 3h + 4min + 5s + 678ms;
  CHECK(head->written == expected);
}

TEST_CASE("a session_meta tells what began it, a compound source by its kind") {
  const auto source = [](const std::string& value) {
    const auto head = parse_head(meta(R"(,"source":)" + value));
    REQUIRE(head);
    return head->source;
  };
  CHECK(source(R"("vscode")") == "vscode");
  CHECK(source(R"({"subagent":{"thread_spawn":{"depth":1}}})") == "subagent");
  for (const char* odd :
       {"null", "7", "{}", R"({"a":1,"b":2})", R"("cli","source":"x")"}) {
    CAPTURE(odd);
    CHECK(source(odd).empty());
  }
  CHECK(parse_head(meta(""))->source.empty());
}

TEST_CASE("the lock's name is the id in lower case") {
  const auto head = parse_head(R"({"type":"session_meta","payload":)"
                               R"({"id":"0199AAAA-BBBB-7CCC-8DDD-EEEEFFFF0001"}})");
  REQUIRE(head);
  CHECK(head->thread_id == k_id);
  CHECK(head->written == WallTime{});
}

TEST_CASE("a history_base counts unless it is null, readable or not") {
  const auto fork =
      parse_head(meta(R"(,"history_base":{"thread_id":")" + k_parent +
                      R"(","end_ordinal_exclusive":19,"end_byte_offset":7})"));
  REQUIRE(fork);
  CHECK(fork->has_history_base);
  CHECK(fork->history_base_thread == k_parent);

  const auto none = parse_head(meta(R"(,"history_base":null)"));
  REQUIRE(none);
  CHECK_FALSE(none->has_history_base);

  for (const char* odd : {R"(,"history_base":{})", R"(,"history_base":"x")"}) {
    const auto head = parse_head(meta(odd));
    REQUIRE(head);
    CHECK(head->has_history_base);
    CHECK(head->history_base_thread.empty());
  }
}

TEST_CASE("a time that is not RFC 3339 reads as the epoch") {
  for (const char* bad : {"",
                          "yesterday",
                          "2026-02-30T03:04:05Z",
                          "2026-01-02T03:04:05",
                          "2026-01-02T25:04:05Z",
                          "9999-01-02T03:04:05Z",
                          "-026-01-02T03:04:05Z"}) {
    const auto head =
        parse_head(std::string(R"({"timestamp":")") + bad +
                   R"(","type":"session_meta","payload":{"id":")" + k_id + "\"}}");
    CAPTURE(bad);
    REQUIRE(head);
    CHECK(head->written == WallTime{});
  }
}

TEST_CASE("white space around the record, a CR among it, is fine") {
  CHECK(parse_head(k_whole + "\r"));
  CHECK(parse_head("  \t" + k_whole + " \t\r"));
}

TEST_CASE("a first record cut anywhere is no head") {
  for (std::size_t length = 0; length < k_whole.size(); ++length) {
    CAPTURE(length);
    CHECK_FALSE(parse_head(k_whole.substr(0, length)));
  }
}

TEST_CASE("what is not one whole session_meta is no head") {
  const std::string id = R"("id":")" + k_id + "\"";
  const std::vector<std::string> bad = {
      "",
      "\r",
      "null",
      "[]",
      "\"session_meta\"",
      "not json",
      "{}",
      "\xEF\xBB\xBF" + k_whole,
      k_whole + k_whole,
      k_whole + "x",
      k_whole + std::string(1, '\0'),
      std::string(1, '\0') + k_whole,
      meta(",\"cwd\":\"\xFF\""),
      meta(",\"cwd\":\"\xC3\""),
      meta(std::string(",\"cwd\":\"\0\"", 10)),
      meta(",\"cwd\":7"),
      meta(",\"cwd\":null"),
      meta(",\"cli_version\":{}"),
      meta("," + id),
      meta(R"(,"cwd":"a","cwd":"a")"),
      meta(R"(,"history_base":null,"history_base":{})"),
      meta("", R"("type":"session_meta",)"),
      meta("", R"("payload":{},)"),
      meta("", R"("timestamp":"x",)"),
      R"({"type":"event_msg","payload":{)" + id + "}}",
      R"({"type":"session_meta"})",
      R"({"type":"session_meta","payload":null})",
      R"({"type":"session_meta","payload":[]})",
      R"({"type":"session_meta","payload":{}})",
      R"({"type":"session_meta","payload":{"id":7}})",
      R"({"type":"session_meta","payload":{"id":"../../etc/passwd"}})",
      R"({"type":"session_meta","payload":{"session_id":")" + k_id + "\"}}",
      "{" + id + "}",
      meta(",\"deep\":" + std::string(200, '[') + std::string(200, ']')),
      meta(",\"deep\":" + std::string(100'000, '[')),
  };
  for (const std::string& line : bad) {
    CAPTURE(line.substr(0, 200));
    CHECK_FALSE(parse_head(line));
  }
}

TEST_CASE("the head is that of the first line, however the rest looks") {
  Store store;
  for (const std::string& rest : {std::string(""),
                                  std::string("\n"),
                                  "\r\n" + k_whole + "\n",
                                  std::string("\n\0\xFF{torn", 8),
                                  "\n" + std::string(1'000'000, 'x')}) {
    CAPTURE(rest.size());
    CHECK(store.head("/s/a.jsonl", k_whole + rest)->thread_id == k_id);
    CHECK(store.head("/s/a.jsonl.zst", compress(k_whole + rest))->thread_id == k_id);
  }
}

TEST_CASE("a file without a session_meta first has no head") {
  Store store;
  CHECK_FALSE(store.head("/s/a.jsonl", ""));
  CHECK_FALSE(store.head("/s/a.jsonl", "\n" + k_whole));
  CHECK_FALSE(store.head("/s/a.jsonl", k_whole + " " + k_whole + "\n"));
  CHECK_FALSE(store.head("/s/a.jsonl", std::string(200'000, '\0')));
  CHECK_FALSE(store.head("/s/a.jsonl.zst", compress("")));
}

TEST_CASE("a first line of megabytes is read, one over 16 MiB is not") {
  Store store;
  const auto line = [](std::size_t size) {
    const std::string bare = meta(R"(,"base_instructions":"")");
    return meta(R"(,"base_instructions":")" + std::string(size - bare.size(), 'i') +
                "\"");
  };
  CHECK(store.head("/s/a.jsonl", line(5'000'000) + "\nrest\n")->thread_id == k_id);
  CHECK(store.head("/s/a.jsonl", line(k_longest_first_line))->thread_id == k_id);
  CHECK(store.head("/s/a.jsonl.zst", compress(line(k_longest_first_line) + "\n"))
            ->thread_id == k_id);
  CHECK_FALSE(store.head("/s/a.jsonl", line(k_longest_first_line + 1) + "\n"));
}

TEST_CASE("a damaged .zst is an error, not a file without a head") {
  Store store;
  store.fs.put("/s/a.jsonl.zst", compress(k_whole).substr(0, 20));
  const auto head = read_head(store.fs, "/s/a.jsonl.zst");
  REQUIRE_FALSE(head);
  CHECK(head.error().code == Errc::corrupt);
  CHECK(head.error().path == "/s/a.jsonl.zst");

  const auto missing = read_head(store.fs, "/s/b.jsonl");
  REQUIRE_FALSE(missing);
  CHECK(missing.error().code == Errc::not_found);
}
