#include "worker/cli/completion/completion.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

namespace coldpress {

namespace {

constexpr std::string_view k_rollouts = R"(
_coldpress_rollouts() {
  local store=${${opt_args[--store]:-${CODEX_HOME:-$HOME/.codex}}/#\~\//$HOME/}
  local -a names
  names=($store/archived_sessions/*.jsonl*(N:t) $store/sessions/*/*/*/*.jsonl*(N:t))
  _alternative 'rollouts:rollout:compadd -a names' 'files:file:_files'
}
)";

// Inside single quotes and inside a specification of _arguments or _describe.
std::string in_quotes(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '\'') {
      out += "'\\''";
      continue;
    }
    if (c == '[' || c == ']' || c == ':' || c == '\\') {
      out += '\\';
    }
    out += c;
  }
  return out;
}

std::string function_of(const CompletedCommand& command) {
  std::string name =
      "_coldpress" + std::string(command.path.empty() ? "" : "_") + command.path;
  std::replace(name.begin(), name.end(), ' ', '_');
  return name;
}

std::string action_of(const CompletedWord& word) {
  switch (word.kind) {
  case WordKind::file:
    return ":file:_files";
  case WordKind::dir:
    return ":directory:_files -/";
  case WordKind::rollout:
    return ":rollout:_coldpress_rollouts";
  case WordKind::words:
    return fmt::format(":value:({})", fmt::join(word.words, " "));
  default:
    return ":value: ";
  }
}

std::string argument_of(const CompletedFlag& flag) {
  const bool has_value = flag.value.kind != WordKind::none;
  const std::string rest = fmt::format("{}[{}]{}",
                                       has_value ? "=" : "",
                                       in_quotes(flag.meaning),
                                       has_value ? action_of(flag.value) : "");
  if (flag.one_letter.empty()) {
    return fmt::format("    '{}{}'", flag.name, rest);
  }
  return fmt::format("    '({0} {1})'{{{0}{2},{1}}}'{3}'",
                     flag.one_letter,
                     flag.name,
                     has_value ? "+" : "",
                     rest);
}

std::string last_word(const std::string& path) {
  return path.substr(path.find_last_of(' ') + 1);
}

std::string body_of(const CompletedCommand& command) {
  std::string text = fmt::format("\n{}() {{\n", function_of(command));
  std::vector<std::string> arguments;
  for (const CompletedFlag& flag : command.flags) {
    arguments.push_back(argument_of(flag));
  }
  if (command.commands.empty()) {
    if (command.positional.kind != WordKind::none) {
      arguments.push_back("    '*" + action_of(command.positional) + "'");
    }
    return text +
           fmt::format("  _arguments -s -S \\\n{}\n}}\n", fmt::join(arguments, " \\\n"));
  }
  arguments.emplace_back("    '1: :->command'");
  arguments.emplace_back("    '*:: :->rest'");
  text += "  local curcontext=$curcontext state line\n  typeset -A opt_args\n";
  text += fmt::format("  _arguments -s -S -C \\\n{}\n", fmt::join(arguments, " \\\n"));
  std::string list;
  std::string cases;
  for (const CompletedCommand& below : command.commands) {
    list +=
        fmt::format("        '{}:{}'\n", last_word(below.path), in_quotes(below.summary));
    cases +=
        fmt::format("        {}) {} ;;\n", last_word(below.path), function_of(below));
  }
  return text + fmt::format("  case $state in\n    command)\n      local -a commands\n"
                            "      commands=(\n{}      )\n"
                            "      _describe -t commands command commands\n      ;;\n"
                            "    rest)\n      case $words[1] in\n{}      esac\n      ;;\n"
                            "  esac\n}}\n",
                            list,
                            cases);
}

} // namespace

std::string zsh_completion(const CompletedCommand& top) {
  std::string text =
      "#compdef coldpress\n# zsh completion, made by: coldpress completion zsh\n";
  text += k_rollouts;
  for (const CompletedCommand* command : all_of(top)) {
    text += body_of(*command);
  }
  // Loaded by compinit, the file is the function; sourced, it only defines it.
  return text + "\nif [[ $funcstack[1] == _coldpress ]]; then\n  _coldpress \"$@\"\n"
                "else\n  compdef _coldpress coldpress\nfi\n";
}

} // namespace coldpress
