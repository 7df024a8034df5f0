#include "config/find_file.hpp"
#include "config/keys.hpp"
#include "fsutil/input_lines.hpp"
#include "fsutil/text.hpp"
#include "worker/cli/fleet/run.hpp"
#include "worker/fleet/path_pattern.hpp"

#include <unistd.h>

#include <filesystem>

namespace coldpress {

namespace {

constexpr std::string_view k_standard_input = "-";
constexpr std::size_t k_longest_line = std::size_t{64} << 10U;

Result<std::string> read_standard_input() {
  InputLines lines(STDIN_FILENO, "standard input", k_longest_line);
  std::string text;
  while (true) {
    TRY_ASSIGN(const std::optional<std::string> line, lines.next());
    if (!line) {
      return text;
    }
    text += *line + "\n";
  }
}

} // namespace

Result<std::vector<ListedStore>> list_of_stores(const Context& context) {
  const std::string& from = context.options.fleet.stores_from;
  std::error_code gone;
  const std::string here = std::filesystem::current_path(gone).string();
  const PathRules rules{home_of(context.options.inputs), gone ? std::string() : here};
  if (from == k_standard_input) {
    TRY_ASSIGN(const std::string text, read_standard_input());
    return parse_store_list(text, "standard input", rules);
  }
  // A file may have such a name; a pattern has none.
  return is_pattern(from) && !context.fs.lstat(from)
             ? match_store_list(context.fs, from, rules)
             : read_store_list(context.fs, from, rules);
}

std::string name_of_store(Fs& fs, const std::string& path) {
  return fs.real_path(path).value_or(path);
}

std::vector<std::string>
command_for(const Options& options, std::string_view command, const std::string& store) {
  std::vector<std::string> words{std::string(command), "--json", "--store=" + store};
  if (!options.inputs.config_path.empty()) {
    words.push_back("--config=" + options.inputs.config_path);
  }
  for (const std::string& feature : options.inputs.enable) {
    words.push_back("--enable=" + feature);
  }
  for (const auto& [name, text] : options.inputs.flags) {
    words.push_back(flag_of(*find_key(name)) + "=" + text);
  }
  if (options.quiet) {
    words.emplace_back("--quiet");
  }
  if (command == "run") {
    words.emplace_back("--until-eof"); // it ends with us, however we end
    if (options.dry_run) {
      words.emplace_back("--dry-run");
    }
  }
  if (!options.sample.empty()) {
    words.push_back("--sample=" + options.sample);
  }
  if (command == "report") {
    words.push_back(fmt::format("--largest={}", options.largest));
  }
  return words;
}

} // namespace coldpress
