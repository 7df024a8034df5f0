#include "config/keys.hpp"
#include "worker/cli/command_line.hpp"

#include <CLI/CLI.hpp>
#include <doctest/doctest.h>

#include <algorithm>
#include <sstream>

using namespace coldpress;

namespace {

constexpr std::string_view k_feature = "features.local_thread_store_compression";

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream from(text);
  for (std::string line; std::getline(from, line);) {
    lines.push_back(line);
  }
  return lines;
}

std::string help_of(const CommandLine& line, std::string_view command) {
  return line.app->get_subcommand(std::string(command))->help();
}

// Whether the text has the flag as a word: "--level" is not in "--small-level".
bool lists(const std::string& help, const std::string& flag) {
  return help.find("\n  " + flag + " ") != std::string::npos ||
         help.find("\n  " + flag + "\n") != std::string::npos;
}

} // namespace

TEST_CASE("the list of commands fits on one screen and names each") {
  const CommandLine line;
  const std::string help = line.app->help();
  const auto lines = lines_of(help);
  CHECK(lines.size() <= 40);
  for (const std::string& one : lines) {
    CAPTURE(one);
    CHECK(one.size() <= 80);
  }
  for (const Command& command : all_commands()) {
    CAPTURE(command.name);
    CHECK(lists(help, std::string(command.name)));
  }
}

TEST_CASE("the help of a command lists the settings that it uses and no others") {
  const CommandLine line;
  for (const Command& command : all_commands()) {
    const std::string help = help_of(line, command.name);
    CAPTURE(command.name);
    for (const Key& key : all_keys()) {
      if (key.name != "store" && key.name != k_feature) {
        CAPTURE(key.name);
        CHECK_EQ(lists(help, flag_of(key)), names_setting(command.settings, key.name));
      }
    }
  }
  CHECK_FALSE(lists(help_of(line, "unlock"), "--enable"));
  CHECK_FALSE(lists(help_of(line, "unlock"), "--codec-level"));
  CHECK(lists(help_of(line, "run"), "--codec-level"));
  CHECK(lists(help_of(line, "run"), "--recompress"));
  CHECK_FALSE(lists(help_of(line, "run"), "--serve-every"));
}

TEST_CASE("all that a command says it uses is a setting or a section of settings") {
  const auto keys = all_keys();
  for (const Command& command : all_commands()) {
    for (const std::string& word :
         CLI::detail::split(std::string(command.settings), ' ')) {
      CAPTURE(command.name);
      CAPTURE(word);
      CHECK((word.empty() || std::any_of(keys.begin(), keys.end(), [&](const Key& key) {
               return names_setting(word, key.name);
             })));
    }
  }
}

TEST_CASE("a setting that a command does not list is taken by it all the same") {
  CommandLine line;
  const char* const words[] = {"coldpress", "unlock", "--codec-level", "3"};
  line.app->parse(4, words);
  REQUIRE_EQ(line.options.inputs.flags.size(), 1U);
  CHECK_EQ(line.options.inputs.flags[0].first, "codec.level");
  CHECK_EQ(line.options.inputs.flags[0].second, "3");
}

TEST_CASE("no help text is wider than 80 columns") {
  const CommandLine line;
  for (const Command& command : all_commands()) {
    for (const std::string& one : lines_of(help_of(line, command.name))) {
      CAPTURE(command.name);
      CAPTURE(one);
      CHECK(one.size() <= 80);
    }
  }
}
