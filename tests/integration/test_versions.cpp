#include "tests/integration/codex_home.hpp"

#include <doctest/doctest.h>

using namespace coldpress;

TEST_CASE("a store where a Codex before 0.137 was seen lately is refused as a whole") {
  CodexHome home;
  home.add({.number = 1});
  home.add({.number = 2, .days_old = 10, .cli_version = "0.136.2"});
  const ProgramEnd plan = home.run({"plan", "--settle", "0s"});
  CHECK_HAS(plan.out, "reader_too_old");
  CHECK_HAS(plan.out, "0.136.2");
  CHECK_HAS(plan.out, "compat.min_reader");
  const ProgramEnd end = home.press();
  CHECK_EQ(end.code, 0);
  CHECK_HAS(end.out, "0.136.2");
  CHECK(names_ending(home.path(), ".zst").empty());

  CHECK_EQ(home.press({"--min-reader", "0.136"}).code, 0);
  CHECK_EQ(names_ending(home.path(), ".zst").size(), 2);
}

TEST_CASE("an old Codex not seen for 30 days does not count") {
  CodexHome home;
  home.add({.number = 1});
  home.add(
      {.number = 2, .days_old = 300, .cli_version = "0.120.0", .content = std::nullopt});
  // The line's own time counts, too: the sample rollouts say 2026-01-05.
  const std::string old = home / ("archived_sessions/" + file_name(2));
  std::string content = read_file(old);
  for (std::size_t at = 0; (at = content.find("2026-", at)) != std::string::npos;) {
    content.replace(at, 5, "2020-");
  }
  write_file(old, content);
  set_age(old, 300);
  CHECK_EQ(home.press().code, 0);
  CHECK_EQ(names_ending(home.path(), ".zst").size(), 2);
}

TEST_CASE("beside a Codex before 0.154 forks and their parents stay plain") {
  CodexHome home;
  const std::string base = R"(,"history_base":{"thread_id":")" + thread_id(1) +
                           R"(","end_ordinal_exclusive":3,"end_byte_offset":900})";
  home.add({.number = 1});
  home.add({.number = 2, .more_meta = base});
  home.add({.number = 3, .days_old = 10, .cli_version = "0.150.0"});
  const ProgramEnd end = home.press();
  CHECK_EQ(end.code, 0);
  CHECK_HAS(end.out, "shared_history");
  CHECK_EQ(names_ending(home.path(), ".zst"),
           std::vector<std::string>{file_name(3) + ".zst"});

  CHECK_EQ(home.press({"--shared-history", "press"}).code, 0);
  CHECK_EQ(names_ending(home.path(), ".zst").size(), 3);
}
