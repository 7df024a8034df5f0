#include "worker/cli/command_line.hpp"

#include "worker/cli/help_format.hpp"
#include "worker/cli/say.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <sstream>

namespace coldpress {

namespace {

constexpr const char* k_footer =
    "Start with: coldpress plan. Nothing is compressed unless the feature\n"
    "local_thread_store_compression is on. The manual: man coldpress";

std::vector<std::string> flags_of(const CLI::App& app) {
  std::vector<std::string> flags;
  for (const CLI::Option* option : app.get_options()) {
    for (const std::string& name : option->get_lnames()) {
      flags.push_back("--" + name);
    }
  }
  return flags;
}

std::vector<std::string> commands_of(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::App* sub : app.get_subcommands({})) {
    names.push_back(sub->get_name());
  }
  return names;
}

std::string suggestion(const std::string& typed, const std::vector<std::string>& words) {
  const std::string near = nearest(typed, words);
  return near.empty() ? "" : fmt::format("; did you mean {}?", near);
}

// A flag that a command has, typed before the command.
bool placed_too_early(const CLI::App& where, const std::string& typed) {
  if (where.get_option_no_throw(typed) != nullptr) {
    return true;
  }
  const auto commands = where.get_subcommands({});
  return std::any_of(commands.begin(), commands.end(), [&](const CLI::App* command) {
    return command->get_option_no_throw(typed) != nullptr;
  });
}

// What the parser could not place; empty if that is not what is wrong.
std::string stranger_text(const CLI::App& where, std::vector<std::string> strangers) {
  // The parser puts a flag it does not know behind the words after it.
  const auto flag =
      std::find_if(strangers.begin(), strangers.end(), [](const std::string& word) {
        return word.starts_with("-");
      });
  if (flag != strangers.end()) {
    const std::string typed = flag->substr(0, flag->find('='));
    if (placed_too_early(where, typed)) {
      const bool command_given = where.get_parent() != nullptr;
      return fmt::format("options follow the command: coldpress {} {}",
                         command_given ? where.get_name() : "COMMAND",
                         typed);
    }
    if (is_setting_flag(typed)) {
      return fmt::format(
          "{0} is a setting that this command takes from the configuration only", typed);
    }
    return fmt::format("unknown option {}{}", typed, suggestion(typed, flags_of(where)));
  }
  if (strangers.empty()) {
    return {};
  }
  const auto commands = commands_of(where);
  return commands.empty()
             ? fmt::format("{} takes no argument {}", where.get_name(), strangers[0])
             : fmt::format("unknown command {}{}",
                           strangers[0],
                           suggestion(strangers[0], commands));
}

} // namespace

CommandLine::CommandLine()
    : app(std::make_unique<CLI::App>(
          "Compress cold Codex rollouts to verified .jsonl.zst while Codex runs.",
          "coldpress")) {
  app->formatter(help_formatter());
  app->footer(k_footer);
  app->require_subcommand(1);
  app->get_help_ptr()->description("show this help");
  app->set_version_flag(
      "--version", std::string("coldpress ") + COLDPRESS_VERSION, "show the version");
  for (const Command& command : all_commands()) {
    CLI::App* sub =
        app->add_subcommand(std::string(command.name), std::string(command.summary));
    sub->group(std::string(command.group));
    sub->footer(std::string(command.notes));
    add_common(*sub, options);
    if (command.add != nullptr) {
      command.add(*sub, options);
    }
    if (!command.settings.empty()) {
      add_settings(*sub, options, command.settings);
    }
    sub->callback([this, &command] { chosen = &command; });
  }
}

CommandLine::~CommandLine() = default;

int usage_error(const CLI::App& app, const CLI::ParseError& error) {
  if (error.get_exit_code() == 0) {
    std::ostringstream text; // --help, --version
    (void)app.exit(error, text, text);
    print_data(text.str());
    return static_cast<int>(Exit::ok);
  }
  const CLI::App* where = &app;
  std::string name = app.get_name();
  while (!where->get_subcommands().empty()) {
    where = where->get_subcommands().front();
    name += " " + where->get_name();
  }
  std::string what = stranger_text(*where, app.remaining(true));
  if (what.empty()) {
    what = error.get_name() == "RequiredError" && where == &app ? "no command given"
                                                                : error.what();
  }
  err("coldpress: {}\nSee: {} --help\n", printable(what), name);
  return static_cast<int>(Exit::usage);
}

} // namespace coldpress
