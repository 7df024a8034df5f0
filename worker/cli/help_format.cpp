#include "worker/cli/help_format.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

namespace coldpress {

namespace {

constexpr std::size_t k_flags = 30;
constexpr std::size_t k_line = 80;

// `text` in lines of at most k_line columns, each but the first begun at k_flags.
std::string wrapped(const std::string& text) {
  std::string out;
  std::size_t column = k_flags;
  for (const std::string& word : CLI::detail::split(text, ' ')) {
    const bool first = column == k_flags;
    if (!first && column + 1 + word.size() > k_line) {
      out += "\n" + std::string(k_flags, ' ');
      column = k_flags;
    } else if (!first) {
      out += ' ';
      column += 1;
    }
    out += word;
    column += word.size();
  }
  return out;
}

std::string row(const std::string& flags, const std::string& meaning) {
  const std::string left = "  " + flags;
  const std::string joint = left.size() < k_flags
                                ? std::string(k_flags - left.size(), ' ')
                                : "\n" + std::string(k_flags, ' ');
  return left + (meaning.empty() ? "" : joint + wrapped(meaning)) + "\n";
}

std::string command_row(const CLI::App& command) {
  return fmt::format("  {:<12}{}\n", command.get_name(), command.get_description());
}

class HelpFormatter final : public CLI::Formatter {
public:
  HelpFormatter() { label("SUBCOMMAND", "COMMAND"); }

  std::string make_option(const CLI::Option* option, bool positional) const override {
    if (positional) { // what it takes is its name
      return row(make_option_name(option, true), option->get_description());
    }
    std::string flags;
    for (const std::string& name : option->get_snames()) {
      flags += "-" + name + ", ";
    }
    for (const std::string& name : option->get_lnames()) {
      flags += "--" + name;
    }
    if (!option->get_type_name().empty()) {
      flags += " " + option->get_type_name();
    }
    return row(flags, option->get_description());
  }

  std::string make_help(const CLI::App* app,
                        std::string name,
                        CLI::AppFormatMode mode) const override {
    const std::string footer = make_footer(app);
    return make_description(app) + make_usage(app, name) + make_subcommands(app, mode) +
           make_positionals(app) + groups_text(app) +
           (footer.empty() ? "" : "\n" + footer);
  }

  // One group below the other without blank lines: all commands fit on one screen.
  std::string make_subcommands(const CLI::App* app, CLI::AppFormatMode) const override {
    std::string text;
    std::string group;
    for (const CLI::App* sub : app->get_subcommands({})) {
      if (sub->get_group() != group) {
        group = sub->get_group();
        text += (text.empty() ? "\n" : "") + group + ":\n";
      }
      text += command_row(*sub);
    }
    return text;
  }

  std::string make_description(const CLI::App* app) const override {
    return app->get_description() + "\n\n";
  }

private:
  std::string groups_text(const CLI::App* app) const {
    std::string text;
    for (const std::string& group : app->get_groups()) {
      const auto options = app->get_options([&group](const CLI::Option* option) {
        return option->get_group() == group && option->nonpositional();
      });
      if (!group.empty() && !options.empty()) {
        text += make_group(group, false, options);
      }
    }
    return text;
  }
};

} // namespace

std::shared_ptr<CLI::FormatterBase> help_formatter() {
  return std::make_shared<HelpFormatter>();
}

} // namespace coldpress
