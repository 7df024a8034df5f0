#include "worker/cli/completion/completion.hpp"

#include <CLI/CLI.hpp>
#include <doctest/doctest.h>

using namespace coldpress;

namespace {

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

// A command below a command, each kind of value, and what a shell would trip over.
void fill(CLI::App& app) {
  CLI::App* schedule = app.add_subcommand("schedule", "don't: $HOME [x]");
  CLI::App* install = schedule->add_subcommand("install", "install it");
  install->add_option("--every")->type_name("DURATION|auto");
  install->add_option("-f,--file")->type_name("FILE");
  install->add_flag("--dry-run");
  install->add_option("--kind")->check(CLI::IsMember({"cron", "systemd"}));
  install->add_option("--hidden")->group("");
  install->add_option("--from")->type_name("FILE|GLOB|-");
  install->add_option("rollout")->type_name("ROLLOUT");
}

} // namespace

TEST_CASE("the tree has the commands below commands, and what each flag takes") {
  CLI::App app;
  fill(app);
  const CompletedCommand top = completion_tree(app);
  const auto all = all_of(top);
  REQUIRE_EQ(all.size(), 3U);
  const CompletedCommand& install = *all[2];
  CHECK_EQ(install.path, "schedule install");
  CHECK(install.positional.kind == WordKind::rollout);
  REQUIRE_EQ(install.flags.size(), 6U); // and --help
  CHECK_EQ(install.flags[1].name, "--every");
  CHECK(install.flags[1].value.kind == WordKind::words);
  CHECK_EQ(install.flags[1].value.words, std::vector<std::string>{"auto"});
  CHECK_EQ(install.flags[2].one_letter, "-f");
  CHECK(install.flags[2].value.kind == WordKind::file);
  CHECK(install.flags[3].value.kind == WordKind::none);
  CHECK_EQ(install.flags[4].value.words, std::vector<std::string>{"cron", "systemd"});
  CHECK(install.flags[5].value.kind == WordKind::file);
  CHECK_EQ(flags_with_value(top),
           std::vector<std::string>{"--every", "--file", "--from", "--kind", "-f"});
}

TEST_CASE("what a shell would read itself is quoted") {
  CLI::App app;
  fill(app);
  const CompletedCommand top = completion_tree(app);
  CHECK(has(zsh_completion(top), R"('schedule:don'\''t\: $HOME \[x\]')"));
  CHECK(has(fish_completion(top), R"(-d 'don\'t: $HOME [x]')"));
}
