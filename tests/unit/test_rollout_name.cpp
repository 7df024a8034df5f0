#include "worker/rollout/name.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace coldpress;

namespace {

const std::string k_id = "0199aaaa-bbbb-7ccc-8ddd-eeeeffff0001";
const std::string k_other_id = "0199aaaa-bbbb-7ccc-8ddd-eeeeffff0002";
const std::string k_plain = "rollout-2026-01-02T03-04-05-" + k_id + ".jsonl";
const std::string k_two_ids =
    "rollout-2026-01-02T03-04-05-" + k_id + "_" + k_other_id + ".jsonl";

std::string with_time(const std::string& timestamp) {
  return "rollout-" + timestamp + "-" + k_id + ".jsonl";
}

} // namespace

TEST_CASE("a rollout name gives its time and ids, in either form") {
  for (const std::string& name : {k_plain, k_plain + ".zst"}) {
    CAPTURE(name);
    const auto parsed = parse_rollout_name(name);
    REQUIRE(parsed);
    CHECK(parsed->timestamp == "2026-01-02T03-04-05");
    CHECK(parsed->thread_id == k_id);
    CHECK(parsed->rollout_id.empty());
  }
  const auto two = parse_rollout_name(k_two_ids);
  REQUIRE(two);
  CHECK(two->thread_id == k_id);
  CHECK(two->rollout_id == k_other_id);
}

TEST_CASE("an id in upper case is the same id") {
  const auto parsed = parse_rollout_name("rollout-2026-01-02T03-04-05-"
                                         "0199AAAA-BBBB-7CCC-8DDD-EEEEFFFF0001.jsonl");
  REQUIRE(parsed);
  CHECK(parsed->thread_id == k_id);
}

TEST_CASE("a time that does not exist makes no rollout name") {
  for (const char* good :
       {"2024-02-29T00-00-00", "2026-12-31T23-59-59", "0001-01-01T00-00-00"}) {
    CAPTURE(good);
    CHECK(parse_rollout_name(with_time(good)));
  }
  for (const char* bad : {"2026-00-02T03-04-05",
                          "2026-13-02T03-04-05",
                          "2026-01-00T03-04-05",
                          "2026-01-32T03-04-05",
                          "2026-02-29T03-04-05",
                          "2026-01-02T24-04-05",
                          "2026-01-02T03-60-05",
                          "2026-01-02T03-04-60",
                          "2026-01-02T03:04:05",
                          "2026-01-02t03-04-05",
                          "2026-01-02 03-04-05",
                          "26-01-02T03-04-05",
                          "+026-01-02T03-04-05",
                          "2026-01-02T03-04"}) {
    CAPTURE(bad);
    CHECK_FALSE(parse_rollout_name(with_time(bad)));
    CHECK(classify(with_time(bad)) == NameKind::malformed);
  }
}

TEST_CASE("no single changed byte of a rollout name goes unnoticed") {
  for (std::size_t at = 0; at < k_two_ids.size(); ++at) {
    std::string name = k_two_ids;
    name[at] = name[at] == 'x' ? 'y' : 'x';
    CAPTURE(name);
    CHECK_FALSE(parse_rollout_name(name));
    name[at] = '\0';
    CHECK_FALSE(parse_rollout_name(name));
  }
}

TEST_CASE("no cut rollout name parses") {
  for (std::size_t length = 0; length < k_two_ids.size(); ++length) {
    CHECK_FALSE(parse_rollout_name(k_two_ids.substr(0, length)));
    CHECK_FALSE(parse_rollout_name(k_two_ids.substr(k_two_ids.size() - length)));
  }
}

TEST_CASE("names are sorted by what they are") {
  struct Row {
    std::string name;
    NameKind kind;
  };
  const std::vector<Row> rows = {
      {k_plain, NameKind::plain},
      {k_two_ids, NameKind::plain},
      {k_plain + ".zst", NameKind::compressed},
      {k_two_ids + ".zst", NameKind::compressed},
      {"rollout-.jsonl", NameKind::malformed},
      {"rollout-x.jsonl.zst", NameKind::malformed},
      {k_plain + ".zst.zst", NameKind::other},
      {"rollout-2026-01-02T03-04-05-" + k_id + "_.jsonl", NameKind::malformed},
      {"rollout-2026-01-02T03-04-05-" + k_id + k_id + ".jsonl", NameKind::malformed},
      {"rollout-2026-01-02T03-04-05-{" + k_id + "}.jsonl", NameKind::malformed},
      {" " + k_plain, NameKind::other},
      {k_plain + " ", NameKind::other},
      {k_plain + ".gz", NameKind::other},
      {"session.jsonl", NameKind::other},
      {retired_name(k_plain), NameKind::retired},
      {".0123456789abcdef.coldpress-part", NameKind::part},
      {"rollout-compress-Ab12xy.tmp", NameKind::foreign_temp},
      {".rollout-materialize-Ab12xy", NameKind::foreign_temp},
      // Whoever makes these may have removed the rollout before he names them so.
      {k_plain + ".decompress.123.0.tmp", NameKind::unknown_temp},
      {k_plain + ".zst.tmp", NameKind::unknown_temp},
      {k_plain + ".tmp", NameKind::unknown_temp},
      {k_plain + ".bak.tmp", NameKind::unknown_temp},
      {"rollout-compress-.tmp", NameKind::unknown_temp},
      {"rollout-compress-Ab12x.tmp", NameKind::unknown_temp},
      {"rollout-compress-Ab12xyz.tmp", NameKind::unknown_temp},
      {"rollout-compress-Ab12_y.tmp", NameKind::unknown_temp},
      {"rollout-compress-Ab12xy.jsonl.tmp", NameKind::unknown_temp},
      {"rollout-compress-Ab12xy", NameKind::other},
      {"rollout-compress-tmp", NameKind::other},
      {".rollout-materialize-", NameKind::unknown_temp},
      {".rollout-materialize-Ab12xy.bak", NameKind::unknown_temp},
      {"rollout-notes.tmp", NameKind::other},
      {"notes.tmp", NameKind::other},
      {".coldpress-retired", NameKind::other},
      {"..coldpress-retired", NameKind::other},
      {".AAAA.coldpress-retired", NameKind::other},
      {"", NameKind::other},
      {std::string(1, '\0'), NameKind::other},
      {std::string(100'000, 'a'), NameKind::other},
  };
  for (const Row& row : rows) {
    CAPTURE(row.name);
    CHECK(classify(row.name) == row.kind);
  }
}

TEST_CASE("each form names the other, and itself") {
  CHECK(compressed_name(k_plain) == k_plain + ".zst");
  CHECK(compressed_name(k_plain + ".zst") == k_plain + ".zst");
  CHECK(plain_name(k_plain + ".zst") == k_plain);
  CHECK(plain_name(k_plain) == k_plain);
  CHECK(plain_name("/a/b.zst/" + k_plain + ".zst") == "/a/b.zst/" + k_plain);
}

TEST_CASE("a retired name fits a directory entry and leads back to its plain name") {
  for (const std::string& plain : {k_plain, k_two_ids}) {
    const std::string retired = retired_name(plain);
    CAPTURE(retired);
    CHECK(retired.size() <= 162);
    CHECK(retired.find(k_id) == std::string::npos);
    CHECK(retired.find('/') == std::string::npos);
    CHECK(retired.find('=') == std::string::npos);
    CHECK(retired_plain_name(retired) == plain);
  }
}

TEST_CASE("a retired name keeps the case of the name it stands for") {
  std::string shouting = k_plain;
  shouting.replace(shouting.find("aaaa"), 4, "AAAA");
  CHECK(retired_plain_name(retired_name(shouting)) == shouting);
  CHECK(retired_name(shouting) != retired_name(k_plain));
}

TEST_CASE("nothing but a plain rollout name is ever retired") {
  CHECK(retired_name(k_plain + ".zst").empty());
  CHECK(retired_name("notes.txt").empty());
  CHECK(retired_name("").empty());
  CHECK(retired_name(retired_name(k_plain)).empty());
  CHECK(retired_name("rollout-" + std::string(300, 'x') + ".jsonl").empty());
}

TEST_CASE("a retired name with any byte changed is not taken for ours") {
  const std::string retired = retired_name(k_two_ids);
  for (std::size_t at = 0; at < retired.size(); ++at) {
    for (const char other : {'A', '_', '=', '\0', '\xFF'}) {
      std::string name = retired;
      if (name[at] == other) {
        continue;
      }
      name[at] = other;
      const auto plain = retired_plain_name(name);
      CAPTURE(name);
      // A changed digit may spell another rollout, never this one.
      CHECK(plain != k_two_ids);
      CHECK((!plain || classify(*plain) == NameKind::plain));
    }
  }
  CHECK_FALSE(retired_plain_name(retired + "x"));
  CHECK_FALSE(retired_plain_name("x" + retired));
}
