#include "worker/cli/completion/completion.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace coldpress {

namespace {

// Finds the command among the words, then proposes what fits where the cursor is. With
// "=" among the word breaks, --flag=value comes as three words.
constexpr std::string_view k_rest = R"(
_coldpress_rollouts() {
  local store=${CODEX_HOME:-$HOME/.codex} i path
  for ((i = 1; i + 1 < COMP_CWORD; i++)); do
    if [[ ${COMP_WORDS[i]} == --store ]]; then
      store=${COMP_WORDS[i + 1]}
      [[ $store != = ]] || store=${COMP_WORDS[i + 2]}
    fi
  done
  [[ $store != '~/'* ]] || store=$HOME/${store:2}
  mapfile -t COMPREPLY < <(compgen -f -- "$1")
  [[ $1 == r* && $1 != */* ]] || return 0
  for path in "$store"/archived_sessions/"$1"*.jsonl* "$store"/sessions/*/*/*/"$1"*.jsonl*; do
    [[ ! -e $path ]] || COMPREPLY+=("${path##*/}")
  done
}

_coldpress_propose() {
  case $1 in
    file) compopt -o filenames 2>/dev/null; mapfile -t COMPREPLY < <(compgen -f -- "$3") ;;
    dir) compopt -o filenames 2>/dev/null; mapfile -t COMPREPLY < <(compgen -d -- "$3") ;;
    rollout) compopt -o filenames 2>/dev/null; _coldpress_rollouts "$3" ;;
    words) mapfile -t COMPREPLY < <(compgen -W "$2" -- "$3") ;;
  esac
}

_coldpress() {
  local cur=${COMP_WORDS[COMP_CWORD]} path='' word before='' i
  local commands flags kind words takes takes_words
  COMPREPLY=()
  for ((i = 1; i < COMP_CWORD; i++)); do
    word=${COMP_WORDS[i]}
    if [[ $word == = ]]; then
      continue
    elif [[ $before == -* ]]; then
      _coldpress_at "$path" "$before"
      if [[ -n $kind ]]; then
        before=''
        continue
      fi
    fi
    before=$word
    _coldpress_at "$path" ''
    if [[ $word != -* && " $commands " == *" $word "* ]]; then
      path="${path:+$path }$word"
    fi
  done
  [[ $cur != = ]] || cur=''
  _coldpress_at "$path" "$before"
  if [[ $before == -* && -n $kind ]]; then
    _coldpress_propose "$kind" "$words" "$cur"
  elif [[ $cur == -* ]]; then
    _coldpress_propose words "$flags" "$cur"
  elif [[ -n $commands ]]; then
    _coldpress_propose words "$commands" "$cur"
  elif [[ -n $takes ]]; then
    _coldpress_propose "$takes" "$takes_words" "$cur"
  else
    _coldpress_propose words "$flags" "$cur"
  fi
}

complete -F _coldpress coldpress
)";

std::string_view name_of(WordKind kind) {
  switch (kind) {
  case WordKind::none:
    return "";
  case WordKind::free:
    return "free";
  case WordKind::words:
    return "words";
  case WordKind::file:
    return "file";
  case WordKind::dir:
    return "dir";
  case WordKind::rollout:
    return "rollout";
  }
  return "";
}

std::string flag_names(const CompletedCommand& command) {
  std::vector<std::string> names;
  for (const CompletedFlag& flag : command.flags) {
    names.push_back(flag.name);
  }
  return fmt::format("{}", fmt::join(names, " "));
}

// One case of _coldpress_at.
std::string case_of(const CompletedCommand& command) {
  std::vector<std::string> below;
  for (const CompletedCommand& one : command.commands) {
    below.push_back(one.path.substr(command.path.empty() ? 0 : command.path.size() + 1));
  }
  std::string text = fmt::format("    '{}')\n      commands='{}'\n      flags='{}'\n"
                                 "      takes='{}' takes_words='{}'\n      case $2 in\n",
                                 command.path,
                                 fmt::join(below, " "),
                                 flag_names(command),
                                 name_of(command.positional.kind),
                                 fmt::join(command.positional.words, " "));
  for (const CompletedFlag& flag : command.flags) {
    if (flag.value.kind != WordKind::none) {
      text += fmt::format("        {}{}{}) kind={} words='{}' ;;\n",
                          flag.one_letter,
                          flag.one_letter.empty() ? "" : " | ",
                          flag.name,
                          name_of(flag.value.kind),
                          fmt::join(flag.value.words, " "));
    }
  }
  return text + "      esac\n      ;;\n";
}

} // namespace

std::string bash_completion(const CompletedCommand& top) {
  std::string text =
      "# bash completion for coldpress, made by: coldpress completion bash\n\n"
      "# _coldpress_at COMMAND FLAG: what the command takes, and what the flag does.\n"
      "_coldpress_at() {\n"
      "  commands='' flags='' takes='' takes_words='' kind='' words=''\n"
      "  case $1 in\n";
  for (const CompletedCommand* command : all_of(top)) {
    text += case_of(*command);
  }
  text += "  esac\n}\n";
  return text + std::string(k_rest);
}

} // namespace coldpress
