#include "tests/integration/codex_home.hpp"

#include <doctest/doctest.h>

using namespace coldpress;

namespace {

const std::string k_old;
const std::string k_new =
    R"(,"multi_agent_version":"v1","root_turn_id":"x","disabled_plugin_ids":[])";

void begun_by(CodexHome& home, int number, const std::string& version, int days_old) {
  home.add({.number = number,
            .days_old = days_old,
            .cli_version = version,
            .begun = days_ago(days_old)});
}

// Appends, and makes the file `days_old` again.
void append(const CodexHome& home, int number, const std::string& lines, int days_old) {
  const std::string path = home / ("archived_sessions/" + file_name(number));
  write_file(path, read_file(path) + lines);
  set_age(path, days_old, 0); // today, and not in the future
}

} // namespace

TEST_CASE("a store where a Codex before 0.137 was at work lately is refused as a whole") {
  CodexHome home;
  home.add({.number = 1});
  begun_by(home, 2, "0.136.2", 10);
  const ProgramEnd plan = home.run({"plan", "--settle", "0s"});
  CHECK_HAS(plan.out, "reader_too_old");
  CHECK_HAS(plan.out, "0.136.2");
  CHECK_HAS(plan.out, file_name(2));
  CHECK_HAS(plan.out, "compat.gone = [\"0.136.2 until ");
  const ProgramEnd end = home.compress();
  CHECK_EQ(end.code, 0);
  CHECK_HAS(end.out, "0.136.2");
  CHECK(names_ending(home.path(), ".zst").empty());

  CHECK_EQ(home.compress({"--gone", "0.136.1 until 2199-12-31"}).code, 0);
  CHECK(names_ending(home.path(), ".zst").empty());
  CHECK_EQ(home.compress({"--gone", "0.136 until 2199-12-31"}).code, 0);
  CHECK_EQ(names_ending(home.path(), ".zst").size(), 2);
}

TEST_CASE("threads of old Codexes that a new one resumed are compressed, copied today") {
  CodexHome home;
  int number = 0;
  for (const char* version : {"0.98.0", "0.120.0", "0.135.0"}) {
    begun_by(home, ++number, version, 90);
    append(
        home, number, turn_line(days_ago(80), k_old) + turn_line(days_ago(12), k_new), 0);
  }
  const ProgramEnd end = home.compress({"--cold-after", "0s"});
  CHECK_EQ(end.code, 0);
  CHECK_EQ(names_ending(home.path(), ".zst").size(), 3);
}

TEST_CASE("an old turn among new ones refuses, and doctor says which and what to do") {
  CodexHome home;
  home.add({.number = 1});
  begun_by(home, 2, "0.171.0", 60);
  std::string turns = turn_line(days_ago(50), k_new) + turn_line(days_ago(20), k_old);
  for (int turn = 0; turn < 3000; ++turn) {
    turns += turn_line(days_ago(15), k_new);
  }
  append(home, 2, turns, 12);
  CHECK_EQ(home.compress().code, 0);
  CHECK(names_ending(home.path(), ".zst").empty());
  const ProgramEnd doctor = home.run({"doctor"});
  CHECK_EQ(doctor.code, 4);
  CHECK_HAS(doctor.out, "0.135 or another before 0.136");
  CHECK_HAS(doctor.out, file_name(2));
  CHECK_HAS(doctor.out, days_ago(20).substr(0, 10));
  CHECK_HAS(doctor.out, days_ago(-10).substr(0, 10));
}

TEST_CASE("an old Codex not seen for 30 days does not count") {
  CodexHome home;
  home.add({.number = 1});
  begun_by(home, 2, "0.120.0", 300);
  CHECK_EQ(home.compress().code, 0);
  CHECK_EQ(names_ending(home.path(), ".zst").size(), 2);
}

TEST_CASE("beside a Codex before 0.154 forks and their parents stay plain") {
  CodexHome home;
  const std::string base = R"(,"history_base":{"thread_id":")" + thread_id(1) +
                           R"(","end_ordinal_exclusive":3,"end_byte_offset":900})";
  home.add({.number = 1});
  home.add({.number = 2, .more_meta = base});
  begun_by(home, 3, "0.150.0", 10);
  const ProgramEnd end = home.compress();
  CHECK_EQ(end.code, 0);
  CHECK_HAS(end.out, "shared_history");
  CHECK_EQ(names_ending(home.path(), ".zst"),
           std::vector<std::string>{file_name(3) + ".zst"});

  CHECK_EQ(home.compress({"--shared-history", "compress"}).code, 0);
  CHECK_EQ(names_ending(home.path(), ".zst").size(), 3);
}
