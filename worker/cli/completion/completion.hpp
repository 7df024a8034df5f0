#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace CLI {
class App;
}

namespace coldpress {

// What stands behind a flag, or where a command takes a word.
enum class WordKind : std::uint8_t {
  none,  // a flag without a value; a command without words
  free,  // anything: nothing to propose
  words, // one of `words`
  file,
  dir,
  rollout, // a name in the store, or a file
};

struct CompletedWord {
  WordKind kind = WordKind::none;
  std::vector<std::string> words;
};

struct CompletedFlag {
  std::string name;       // "--quiet"
  std::string one_letter; // "-q", or empty
  std::string meaning;    // a line
  CompletedWord value;    // none: a switch
};

struct CompletedCommand {
  std::string path; // "", "run", "schedule install"
  std::string summary;
  std::vector<CompletedFlag> flags;
  CompletedWord positional;
  std::vector<CompletedCommand> commands; // below it
};

// The commands and flags of `app`. What a value may be is told by the type name that
// --help shows: words, and the names of what is free (FILE, DIR, ROLLOUT, DURATION), with
// | between.
CompletedCommand completion_tree(const CLI::App& app);

// It and all below it, each before its own.
std::vector<const CompletedCommand*> all_of(const CompletedCommand& command);

// All flags that have a value, of all commands; with their one-letter forms.
std::vector<std::string> flags_with_value(const CompletedCommand& top);

// The scripts. They start nothing but their shell, and read nothing but the names below
// the store.
std::string bash_completion(const CompletedCommand& top);
std::string zsh_completion(const CompletedCommand& top);
std::string fish_completion(const CompletedCommand& top);

} // namespace coldpress
