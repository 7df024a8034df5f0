#include "config/keys.hpp"
#include "worker/cli/command_line.hpp"

#include <CLI/CLI.hpp>
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <fstream>
#include <map>
#include <regex>
#include <sstream>

using namespace coldpress;

namespace {

std::string read(const std::string& name) {
  std::ostringstream text;
  text << std::ifstream(std::string(COLDPRESS_SOURCE "/") + name, std::ios::binary)
              .rdbuf();
  REQUIRE_FALSE(text.str().empty());
  return text.str();
}

// Without the markup of manual pages: "\-" is "-".
std::string read_page(const std::string& name) {
  std::string text = read("packaging/man/" + name);
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\\' || i + 1 == text.size() || text[i + 1] != '-') {
      out += text[i];
    }
  }
  return out;
}

// One space where the text has any white space, so that a sentence may be wrapped, and
// without the requests of manual pages.
std::string flat(const std::string& text) {
  std::string out;
  std::istringstream lines(std::regex_replace(text, std::regex("\n\\.[A-Z]+ "), "\n"));
  for (std::string word; lines >> word;) {
    out += (out.empty() ? "" : " ") + word;
  }
  return out;
}

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

std::size_t columns(const std::string& line) {
  return static_cast<std::size_t>(
      std::count_if(line.begin(), line.end(), [](char c) { return (c & 0xC0) != 0x80; }));
}

// What its flag would take: "7d"; "none" for an empty list or path.
std::string default_of(const Key& key) {
  const std::string text = key.text(Settings{});
  return text.empty() ? "none" : text;
}

// "7d", or "7d" with an explanation behind a comma or a colon.
bool says(const std::string& written, const std::string& value) {
  return written == value || written.starts_with(value + ",") ||
         written.starts_with(value + ":");
}

std::string days(std::chrono::milliseconds duration) {
  return std::to_string(std::chrono::duration_cast<std::chrono::hours>(duration).count() /
                        24);
}

// Where a command is described.
std::string page_of(std::string_view command) {
  static const std::map<std::string_view, std::string> k_pages{
      {"append", "append"},
      {"control", "control"},
      {"doctor", "doctor"},
      {"index", "search"},
      {"lease", "append"},
      {"list", "search"},
      {"report", "report"},
      {"schedule", "schedule"},
      {"search", "search"},
      {"serve", "serve"},
      {"show", "search"},
      {"verify", "verify"},
  };
  const auto found = k_pages.find(command);
  return found == k_pages.end() ? "coldpress.1" : "coldpress-" + found->second + ".1";
}

} // namespace

TEST_CASE("the help of every setting says its default") {
  const std::regex pattern(R"(\(default: (.+)\)$)");
  for (const Key& key : all_keys()) {
    CAPTURE(key.name);
    const std::string meaning(key.meaning);
    std::smatch match;
    REQUIRE(std::regex_search(meaning, match, pattern));
    if (key.name != "store" && key.name != "state_dir") { // places, in words
      CAPTURE(match[1].str());
      CHECK(says(match[1].str(), default_of(key)));
    }
  }
}

TEST_CASE("DESIGN.md lists every setting with its default") {
  std::map<std::string, std::string> listed;
  std::istringstream lines(read("DESIGN.md"));
  const std::regex pattern(R"(^([a-z_.]+) = (.+)$)");
  bool inside = false;
  for (std::string line; std::getline(lines, line);) {
    inside = line.starts_with("```") ? line == "```toml" : inside;
    std::smatch match;
    if (inside && std::regex_match(line, match, pattern)) {
      listed[match[1]] = match[2];
    }
  }
  std::size_t seen = 0;
  for (const Key& key : all_keys()) {
    if (key.name != "store" && key.name != "state_dir") {
      CAPTURE(key.name);
      CHECK_EQ(listed[std::string(key.name)], key.show(Settings{}));
      seen += 1;
    }
  }
  CHECK_EQ(listed.size(), seen);
}

TEST_CASE("a default beside the name of its setting is the one in force") {
  const std::regex pattern(R"(`([a-z_.]+)`,? \(?default: ([^),:]+))");
  std::size_t seen = 0;
  for (const char* name : {"README.md", "DESIGN.md", "worker/rollout/FORMAT.md"}) {
    const std::string text = flat(read(name));
    for (std::sregex_iterator at(text.begin(), text.end(), pattern), end; at != end;
         ++at) {
      CAPTURE(at->str());
      const Key* const key = find_key((*at)[1].str());
      REQUIRE(key != nullptr);
      CHECK(says((*at)[2].str(), default_of(*key)));
      seen += 1;
    }
  }
  CHECK(seen >= 3);
}

TEST_CASE("a manual page that says the default of a setting's flag is right") {
  std::size_t seen = 0;
  for (const Command& command : all_commands()) {
    const std::string page = read_page(page_of(command.name));
    for (const Key& key : all_keys()) {
      const auto entry = page.find("\n.BI " + flag_of(key) + " ");
      if (entry == std::string::npos || key.name == "store" || command.settings.empty()) {
        continue;
      }
      const std::string text = page.substr(entry, page.find("\n.TP", entry + 1) - entry);
      const auto told = text.find("Default: ");
      if (told != std::string::npos) {
        CAPTURE(text);
        CHECK(text.substr(told).starts_with("Default: " + default_of(key) + "."));
        seen += 1;
      }
    }
  }
  CHECK(seen >= 4);
}

TEST_CASE("sentences that state a default state the one in force") {
  const Settings s;
  const std::string readme = flat(read("README.md"));
  const std::string design = flat(read("DESIGN.md"));
  REQUIRE_EQ(s.scan.roots.size(), 1U);
  CHECK(has(readme,
            fmt::format("By default only {} rollouts are compressed, {} days after the "
                        "last turn.",
                        name_of(s.scan.roots[0]),
                        days(s.scan.cold_after))));
  CHECK_EQ(s.codec.small_level, s.codec.level);
  CHECK(
      has(readme, fmt::format("that every reader accepts, at level {}.", s.codec.level)));
  CHECK(has(design,
            fmt::format("Level {}, below 1 MiB `codec.small_level`, which is {}, too",
                        s.codec.level,
                        s.codec.small_level)));
  CHECK_EQ(s.scan.settle, std::chrono::hours(1));
  CHECK(has(readme, "up to `scan.settle` (1 h)"));
  CHECK_EQ(s.serve.every, std::chrono::hours(24));
  CHECK(has(readme, "`coldpress serve` makes a pass a day"));
  CHECK_FALSE(s.codec.recompress);
  CHECK(has(design, "(`codec.recompress`, off by default)"));
  CHECK_FALSE(s.pressure.cpu);
  CHECK(has(flat(read_page("coldpress.1")), "CPU pressure is ignored by default"));
}

TEST_CASE("every command is in the synopsis of the manual") {
  const std::string page = read_page("coldpress.1");
  const std::string synopsis = page.substr(0, page.find(".SH DESCRIPTION"));
  for (const Command& command : all_commands()) {
    CAPTURE(command.name);
    CHECK(has(synopsis + " ", fmt::format("\n.B coldpress {}", command.name)));
  }
}

TEST_CASE("every flag that a command has of its own is in its manual page") {
  const CommandLine line;
  std::size_t seen = 0;
  for (const Command& command : all_commands()) {
    const std::string page = read_page(page_of(command.name)) + read_page("coldpress.1");
    for (const CLI::Option* option :
         line.app->get_subcommand(std::string(command.name))->get_options()) {
      for (const std::string& name : option->get_lnames()) {
        if (!is_setting_flag("--" + name)) {
          CAPTURE(command.name);
          CAPTURE(name);
          CHECK(has(page, "--" + name));
          seen += 1;
        }
      }
    }
  }
  CHECK(seen > 100);
}

TEST_CASE("DESIGN.md has lines of at most 100 columns, and its contents list its parts") {
  const std::string text = read("DESIGN.md");
  const std::string contents =
      text.substr(0, text.find("\n## 1. ")).substr(text.find("\n## Contents"));
  std::istringstream lines(text);
  std::size_t parts = 0;
  for (std::string line; std::getline(lines, line);) {
    CAPTURE(line);
    CHECK(columns(line) <= 100);
    if (line.starts_with("## ") && line != "## Contents") {
      std::string anchor;
      for (const char c : line.substr(3)) {
        const bool kept = std::isalnum(static_cast<unsigned char>(c)) != 0;
        anchor += kept ? std::string(1, static_cast<char>(std::tolower(c)))
                       : std::string(c == ' ' ? "-" : "");
      }
      CHECK(has(contents, fmt::format("[{}](#{})", line.substr(6), anchor)));
      parts += 1;
    }
  }
  CHECK_EQ(parts, 8U);
}
