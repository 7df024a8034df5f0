#include "tests/integration/codex_home.hpp"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include <cstdlib>
#include <regex>
#include <set>
#include <sstream>

using namespace coldpress;

namespace {

// What differs from one machine, moment or zstd release to the next.
std::string masked(std::string text, const CodexHome& home) {
  const std::pair<std::string, std::string> masks[] = {
      {home.path(), "<store>"},
      {home.outside(), "<outside>"},
      {R"re("(seconds|blocked_us|bytes_after|predicted_bytes|predicted_bytes_after|compressed_bytes|plain_on_disk|compressed_on_disk|p50|p99|max)":)re"
       "[0-9.eE+-]+",
       R"re("$1":0)re"},
      {R"re("(archived|active)":"(works|none)")re", R"re("$1":"<works or none>")re"},
      {R"re("(started|finished|since|heartbeat)":"[^"]*")re", R"re("$1":"<time>")re"},
  };
  for (const auto& [what, with] : masks) {
    text = std::regex_replace(text, std::regex(what), with);
  }
  return text;
}

// Progress is as many lines as there was time for.
std::string without_progress(const std::string& text) {
  std::istringstream in(text);
  std::string out;
  for (std::string line; std::getline(in, line);) {
    if (!line.starts_with(R"({"message_type":"progress")")) {
      out += line + "\n";
    }
  }
  return out;
}

// Compares with golden/<name>; COLDPRESS_GOLDEN=update writes it instead.
void check_golden(const CodexHome& home, const std::string& name, const ProgramEnd& end) {
  const std::string path = std::string(COLDPRESS_GOLDEN_DIR) + "/" + name;
  const std::string text = masked(without_progress(end.out), home);
  const char* update = std::getenv("COLDPRESS_GOLDEN");
  if (update != nullptr && std::string(update) == "update") {
    write_file(path, text);
  }
  CHECK_EQ(text, read_file(path));
}

void fill(CodexHome& home) {
  home.add({.number = 1});
  home.add({.number = 2, .days_old = 1});
  home.add({.number = 3, .content = ""});
  home.add({.number = 4, .tree = "sessions/2026/01/05"});
}

} // namespace

TEST_CASE("run --json writes the documented lines") {
  CodexHome home;
  fill(home);
  const ProgramEnd end = home.compress({"--json"});
  CHECK_EQ(end.code, 0);
  CHECK_HAS(end.out, R"({"message_type":"progress","done":1,"total":1,"bytes_done":)");
  check_golden(home, "run.jsonl", end);
}

TEST_CASE("run --json without the feature writes the plan") {
  CodexHome home;
  fill(home);
  check_golden(home, "run-off.jsonl", home.run({"run", "--settle", "0s", "--json"}));
}

TEST_CASE("plan --json writes the documented lines") {
  CodexHome home;
  fill(home);
  check_golden(home, "plan.jsonl", home.run({"plan", "--settle", "0s", "--json"}));
}

TEST_CASE("status --json writes the documented lines") {
  CodexHome home;
  fill(home);
  REQUIRE_EQ(home.compress().code, 0);
  check_golden(home, "status.jsonl", home.run({"status", "--json"}));
}

TEST_CASE("config --json writes the documented lines") {
  const CodexHome home;
  ProgramStart start = home.coldpress({"config", "--json", "--jobs", "3"});
  start.environment["COLDPRESS_SCAN_COLD_AFTER"] = "3d";
  check_golden(home, "config.jsonl", run_program(start));
}

TEST_CASE("restore --json writes the documented lines") {
  CodexHome home;
  fill(home);
  REQUIRE_EQ(home.compress().code, 0);
  check_golden(home, "restore.jsonl", home.run({"restore", "--all", "--json"}));
}

TEST_CASE("an error with --json is one line that says what to do") {
  const CodexHome home;
  ProgramStart start = home.coldpress({"run", "--json"});
  start.command.back() = home.path() + "/nowhere";
  const ProgramEnd end = run_program(start);
  CHECK_EQ(end.code, 1);
  check_golden(home, "error.jsonl", end);
}

namespace {

// Every name of a member, of whatever depth.
void collect_names(const nlohmann::json& json, std::set<std::string>& names) {
  if (json.is_structured()) { // anything else is its own only item
    for (const auto& [name, below] : json.items()) {
      if (json.is_object()) {
        names.insert(name);
      }
      collect_names(below, names);
    }
  }
}

} // namespace

TEST_CASE("whatever a command says with --json is lines of JSON, and each field has its "
          "place in FORMAT.md") {
  CodexHome home;
  fill(home);
  const std::string document = read_file(COLDPRESS_FORMAT);
  const std::vector<std::vector<std::string>> commands{{"plan", "--settle", "0s"},
                                                       {"status"},
                                                       {"report"},
                                                       {"verify"},
                                                       {"doctor"},
                                                       {"config"},
                                                       {"unlock"},
                                                       {"sweep"},
                                                       {"control", "status"},
                                                       {"schedule", "status"},
                                                       {"restore", "--all"}};
  REQUIRE_EQ(home.compress().code, 0);
  home.add({.number = 5});
  for (std::vector<std::string> words : commands) {
    words.emplace_back("--json");
    CAPTURE(words.front());
    const ProgramEnd end = home.run(words);
    std::istringstream lines(end.out);
    std::set<std::string> names;
    for (std::string line; std::getline(lines, line);) {
      const auto json = nlohmann::json::parse(line, nullptr, false);
      REQUIRE_MESSAGE(json.is_object(), line);
      collect_names(json, names);
    }
    CHECK_FALSE(names.empty());
    for (const std::string& name : names) {
      const bool told = document.find("`" + name + "`") != std::string::npos;
      CHECK_MESSAGE(told, words.front() << ": " << name);
    }
  }
}
