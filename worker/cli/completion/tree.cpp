#include "worker/cli/completion/completion.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <set>

namespace coldpress {

namespace {

CompletedWord word_of(const std::string& type) {
  CompletedWord word{WordKind::free, {}};
  // What CLI::IsMember appends: "TEXT:{one,two}".
  if (const auto begin = type.find(":{"); begin != std::string::npos) {
    const std::string members = type.substr(begin + 2, type.find('}') - begin - 2);
    return {WordKind::words, CLI::detail::split(members, ',')};
  }
  if (type.starts_with("FILE")) { // "FILE|GLOB|-", "FILE..." as well
    word.kind = WordKind::file;
  } else if (type == "DIR") {
    word.kind = WordKind::dir;
  } else if (type == "ROLLOUT") {
    word.kind = WordKind::rollout;
  } else if (type == "FEATURE") {
    word.words = {"local_thread_store_compression"};
  } else {
    for (std::string& one : CLI::detail::split(type, '|')) {
      const bool is_word = std::any_of(
          one.begin(), one.end(), [](char c) { return c >= 'a' && c <= 'z'; });
      if (is_word) {
        word.words.push_back(std::move(one));
      }
    }
  }
  if (!word.words.empty()) {
    word.kind = WordKind::words;
  }
  return word;
}

void add_flags(const CLI::App& app, std::vector<CompletedFlag>& flags) {
  for (const CLI::Option* option : app.get_options()) {
    if (option->get_lnames().empty() || option->get_group().empty()) {
      continue; // a positional, or hidden
    }
    CompletedFlag flag;
    flag.name = "--" + option->get_lnames().front();
    if (!option->get_snames().empty()) {
      flag.one_letter = "-" + option->get_snames().front();
    }
    flag.meaning = option->get_description();
    if (!option->get_type_name().empty()) { // a switch has none
      flag.value = word_of(option->get_type_name());
    }
    flags.push_back(std::move(flag));
  }
}

CompletedCommand command_of(const CLI::App& app, const std::string& path) {
  CompletedCommand command;
  command.path = path;
  command.summary = app.get_description();
  add_flags(app, command.flags);
  for (const CLI::Option* option : app.get_options()) {
    if (option->get_positional()) {
      command.positional = word_of(option->get_type_name());
      break;
    }
  }
  for (const CLI::App* sub : app.get_subcommands({})) {
    command.commands.push_back(
        command_of(*sub, path.empty() ? sub->get_name() : path + " " + sub->get_name()));
    if (sub->get_fallthrough()) { // takes the flags of what it stands below, too
      add_flags(app, command.commands.back().flags);
    }
  }
  return command;
}

void collect(const CompletedCommand& command,
             std::vector<const CompletedCommand*>& into) {
  into.push_back(&command);
  for (const CompletedCommand& below : command.commands) {
    collect(below, into);
  }
}

} // namespace

CompletedCommand completion_tree(const CLI::App& app) {
  return command_of(app, "");
}

std::vector<const CompletedCommand*> all_of(const CompletedCommand& command) {
  std::vector<const CompletedCommand*> all;
  collect(command, all);
  return all;
}

std::vector<std::string> flags_with_value(const CompletedCommand& top) {
  std::set<std::string> names;
  for (const CompletedCommand* command : all_of(top)) {
    for (const CompletedFlag& flag : command->flags) {
      if (flag.value.kind != WordKind::none) {
        names.insert(flag.name);
        if (!flag.one_letter.empty()) {
          names.insert(flag.one_letter);
        }
      }
    }
  }
  return {names.begin(), names.end()};
}

} // namespace coldpress
