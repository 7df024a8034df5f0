#include "worker/cli/command.hpp"
#include "worker/cli/command_line.hpp"
#include "worker/cli/completion/completion.hpp"
#include "worker/cli/say.hpp"

#include <CLI/CLI.hpp>

namespace coldpress {

void add_completion(CLI::App& app, Options& options) {
  app.add_option("SHELL", options.shell, "bash, zsh or fish")
      ->type_name("bash|zsh|fish")
      ->required();
}

int cmd_completion(const Context& context) {
  const CommandLine line;
  const CompletedCommand top = completion_tree(*line.app);
  const std::string& shell = context.options.shell;
  if (shell == "bash") {
    print_data(bash_completion(top));
  } else if (shell == "zsh") {
    print_data(zsh_completion(top));
  } else if (shell == "fish") {
    print_data(fish_completion(top));
  } else {
    return report(
        context,
        Error{Errc::invalid,
              0,
              "completion",
              {},
              {"no completion script for " + shell + "; use bash, zsh or fish"}});
  }
  return static_cast<int>(Exit::ok);
}

} // namespace coldpress
