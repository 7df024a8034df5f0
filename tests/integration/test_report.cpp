#include "tests/integration/codex_home.hpp"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>
#include <sys/stat.h>

#include <sstream>

using namespace coldpress;

namespace {

void fill(CodexHome& home) {
  home.add({.number = 1});
  home.add({.number = 2, .tree = "sessions/2026/01/05", .cwd = "/home/somebody/other"});
  home.add({.number = 3, .days_old = 1});
}

std::vector<nlohmann::json> lines_of(const std::string& text) {
  std::vector<nlohmann::json> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) {
    lines.push_back(nlohmann::json::parse(line));
  }
  return lines;
}

} // namespace

TEST_CASE("report --json adds up, and ends with the report") {
  CodexHome home;
  fill(home);
  REQUIRE_EQ(home.compress().code, 0);
  const ProgramEnd end = home.run({"report", "--json", "--largest", "2"});
  CHECK_EQ(end.code, 0);
  CHECK_EQ(end.err, "");
  const auto lines = lines_of(end.out);
  REQUIRE_FALSE(lines.empty());
  const auto& report = lines.back();
  CHECK_EQ(report["message_type"], "report");
  CHECK_EQ(report["rollouts"], 3);
  CHECK_EQ(report["compressed"]["rollouts"], 1);
  // On disk, so in whole blocks: rather too little.
  const auto saved = report["saved_bytes"].get<std::uint64_t>();
  const auto by_length = report["compressed"]["bytes_before"].get<std::uint64_t>() -
                         report["compressed"]["bytes_after"].get<std::uint64_t>();
  CHECK_LE(saved, by_length);
  CHECK_GT(saved + 4096, by_length);
  std::map<std::string, std::uint64_t> by_dimension;
  std::map<std::string, int> types;
  for (const auto& line : lines) {
    types[line["message_type"]] += 1;
    if (line["message_type"] == "group") {
      by_dimension[line["dimension"]] += line["bytes"].get<std::uint64_t>();
    }
  }
  CHECK_EQ(types["largest"], 2);
  CHECK_EQ(types["growth"], 30);
  CHECK_EQ(by_dimension.size(), 6);
  for (const auto& dimension : by_dimension) {
    CAPTURE(dimension.first);
    CHECK_EQ(dimension.second, report["bytes"].get<std::uint64_t>());
  }
}

TEST_CASE("report says what is wrong with a number that is none") {
  CodexHome home;
  for (const char* number : {"-1", "ten", "99999999999999999999"}) {
    CAPTURE(number);
    const ProgramEnd end = home.run({"report", "--largest", number});
    CHECK_EQ(end.code, 2);
    CHECK_NE(end.err.find("--largest: " + std::string(number) + " is no whole number"),
             std::string::npos);
  }
}

TEST_CASE("report shows projects, what was saved, and the largest rollouts") {
  CodexHome home;
  fill(home);
  REQUIRE_EQ(home.compress().code, 0);
  const ProgramEnd end = home.run({"report"});
  CHECK_EQ(end.code, 0);
  CHECK_HAS(end.out, "3 rollouts");
  CHECK_HAS(end.out, "/home/somebody/other");
  CHECK_HAS(end.out, "as the ledger has it");
  CHECK_HAS(end.out, file_name(2));
  CHECK_HAS(end.out, "coldpress run --enable local_thread_store_compression");
}

TEST_CASE("report works beside a run and without a ledger") {
  CodexHome home;
  fill(home);
  REQUIRE_EQ(home.compress().code, 0);
  const ProgramEnd with = home.run({"report", "--json"});
  std::remove((home / "coldpress/ledger.sqlite").c_str());
  std::remove((home / "coldpress/ledger.sqlite-wal").c_str());
  std::remove((home / "coldpress/ledger.sqlite-shm").c_str());
  const ProgramEnd without = home.run({"report", "--json"});
  CHECK_EQ(without.code, 0);
  CHECK_EQ(lines_of(without.out).back()["saved_bytes"],
           lines_of(with.out).back()["saved_bytes"]);
}

TEST_CASE("the page is its owner's, is written again, and replaces nothing else") {
  CodexHome home;
  fill(home);
  const std::string page = home.outside() + "/report.html";
  for (int time = 0; time < 2; ++time) {
    const ProgramEnd end = home.run({"report", "--html", page});
    CHECK_EQ(end.code, 0);
    CHECK_EQ(end.out, "");
    CHECK_HAS(end.err, "report written to " + page);
  }
  struct stat stat {};
  REQUIRE_EQ(::stat(page.c_str(), &stat), 0);
  CHECK_EQ(stat.st_mode & 07777U, 0600U);
  CHECK_HAS(read_file(page), "<!doctype html>");
  write_file(page, "a letter\n");
  const ProgramEnd refused = home.run({"report", "--html", page});
  CHECK_EQ(refused.code, 2);
  CHECK_HAS(refused.err, "name another file");
  CHECK_EQ(read_file(page), "a letter\n");
  const ProgramEnd nowhere = home.run({"report", "--html", home / "no/such/dir.html"});
  CHECK_EQ(nowhere.code, 1);
  CHECK_HAS(nowhere.err, "write " + home / "no/such/dir.html" + ": No such file");
  CHECK_EQ(home.run({"report", "--json", "--html", "-"}).code, 2);
  CHECK_HAS(home.run({"report", "--html", "-"}).out, "</html>");
}
