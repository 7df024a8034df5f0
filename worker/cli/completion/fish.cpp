#include "worker/cli/completion/completion.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace coldpress {

namespace {

// The command among the words so far: __coldpress_in 'schedule install'.
constexpr std::string_view k_where = R"(
function __coldpress_in --description 'Is this the command so far?'
    set -l words (commandline -opc)
    set -e words[1]
    set -l command ''
    set -l is_value 0
    for word in $words
        if test $is_value = 1
            set is_value 0
        else if contains -- $word $__coldpress_flags_with_value
            set is_value 1
        else if contains -- (string trim -- "$command $word") $__coldpress_commands
            set command (string trim -- "$command $word")
        end
    end
    test "$command" = "$argv[1]"
end

function __coldpress_rollouts
    set -l store ~/.codex
    set -q CODEX_HOME; and set store $CODEX_HOME
    set -l words (commandline -opc)
    if set -l at (contains -i -- --store $words)
        set -l next (math $at + 1)
        set store (string replace -r '^~/' "$HOME/" -- $words[$next])
    end
    for path in $store/archived_sessions/*.jsonl* $store/sessions/*/*/*/*.jsonl*
        path basename $path 2>/dev/null; or string replace -r '.*/' '' -- $path
    end
end

complete -c coldpress -f
)";

std::string in_quotes(std::string_view text) {
  std::string out = "'";
  for (const char c : text) {
    if (c == '\'' || c == '\\') {
      out += '\\';
    }
    out += c;
  }
  return out + "'";
}

std::string words_of(const CompletedWord& word) {
  switch (word.kind) {
  case WordKind::none:
    return "";
  case WordKind::free:
    return " -x";
  case WordKind::words:
    return " -x -a " + in_quotes(fmt::format("{}", fmt::join(word.words, " ")));
  case WordKind::file:
    return " -r -F";
  case WordKind::dir:
    return " -x -a '(__fish_complete_directories)'";
  case WordKind::rollout:
    return " -F -a '(__coldpress_rollouts)'";
  }
  return "";
}

std::string lines_of(const CompletedCommand& command) {
  const std::string begin =
      fmt::format("complete -c coldpress -n \"__coldpress_in '{}'\"", command.path);
  std::string text = "\n";
  for (const CompletedCommand& below : command.commands) {
    text += fmt::format("{} -a {} -d {}\n",
                        begin,
                        below.path.substr(below.path.find_last_of(' ') + 1),
                        in_quotes(below.summary));
  }
  if (command.positional.kind != WordKind::none) {
    text += begin + words_of(command.positional) + "\n";
  }
  for (const CompletedFlag& flag : command.flags) {
    text += begin;
    if (!flag.one_letter.empty()) {
      text += " -s " + flag.one_letter.substr(1);
    }
    text += fmt::format(" -l {}{} -d {}\n",
                        flag.name.substr(2),
                        words_of(flag.value),
                        in_quotes(flag.meaning));
  }
  return text;
}

} // namespace

std::string fish_completion(const CompletedCommand& top) {
  std::vector<std::string> paths;
  std::string lines;
  for (const CompletedCommand* command : all_of(top)) {
    if (!command->path.empty()) {
      paths.push_back(in_quotes(command->path));
    }
    lines += lines_of(*command);
  }
  return fmt::format("# fish completion for coldpress, made by: coldpress completion "
                     "fish\n\nset -g __coldpress_commands {}\n"
                     "set -g __coldpress_flags_with_value {}\n",
                     fmt::join(paths, " "),
                     fmt::join(flags_with_value(top), " ")) +
         std::string(k_where) + lines;
}

} // namespace coldpress
