#pragma once

#include "worker/cli/command.hpp"

#include <memory>

namespace CLI {
class App;
class ParseError;
} // namespace CLI

namespace coldpress {

// The parser that the command table makes: every command with its flags and its help.
struct CommandLine {
  CommandLine();
  CommandLine(const CommandLine&) = delete;
  CommandLine& operator=(const CommandLine&) = delete;
  ~CommandLine();

  Options options; // what parsing fills
  std::unique_ptr<CLI::App> app;
  const Command* chosen = nullptr; // set by parsing
};

// Says what is wrong with the command line, in one line, and where to read on; or prints
// what --help and --version ask for. The exit code.
int usage_error(const CLI::App& app, const CLI::ParseError& error);

} // namespace coldpress
