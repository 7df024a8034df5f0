#include "worker/schedule/timer_command.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace coldpress {

namespace {

constexpr std::array<std::string_view, 2> k_flags{"--store", "--config"};

std::string with_all(std::string text, std::string_view from, std::string_view to) {
  for (std::size_t at = 0; (at = text.find(from, at)) != std::string::npos;
       at += to.size()) {
    text.replace(at, from.size(), to);
  }
  return text;
}

// Between the two, from `at` on; empty if they are not there.
std::string_view between(std::string_view text,
                         std::string_view begin,
                         std::string_view end,
                         std::size_t at = 0) {
  const std::size_t first = text.find(begin, at);
  if (first == std::string_view::npos) {
    return {};
  }
  const std::size_t from = first + begin.size();
  return text.substr(from, text.find(end, from) - from);
}

} // namespace

std::vector<std::string> shell_words(std::string_view text) {
  std::vector<std::string> words;
  std::string word;
  bool in_word = false;
  char quote = '\0';
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '\\' && quote != '\'' && i + 1 < text.size()) {
      word += text[++i];
      in_word = true;
    } else if (quote != '\0') {
      quote = c == quote ? '\0' : quote;
      word += quote == '\0' ? std::string() : std::string(1, c);
    } else if (c == '\'' || c == '"') {
      quote = c;
      in_word = true;
    } else if (c == ' ' || c == '\t') {
      if (in_word) {
        words.push_back(std::exchange(word, {}));
      }
      in_word = false;
    } else {
      word += c;
      in_word = true;
    }
  }
  if (in_word) {
    words.push_back(std::move(word));
  }
  return words;
}

std::vector<std::string> store_arguments(const std::vector<std::string>& words) {
  std::vector<std::string> found;
  for (std::size_t i = 0; i + 1 < words.size(); ++i) {
    if (std::find(k_flags.begin(), k_flags.end(), words[i]) != k_flags.end()) {
      found.insert(found.end(), {words[i], words[i + 1]});
    }
  }
  return found;
}

std::vector<std::string> arguments_of_exec(std::string_view shown) {
  const std::string command =
      with_all(std::string(between(shown, "argv[]=", " ; ")), "$$", "$");
  std::vector<std::string> found;
  for (const std::string_view flag : k_flags) {
    const std::string begin = " " + std::string(flag) + " ";
    const std::size_t at = command.find(begin);
    if (at != std::string::npos) {
      const std::size_t from = at + begin.size();
      const std::size_t end = command.find(" --", from);
      found.insert(found.end(), {std::string(flag), command.substr(from, end - from)});
    }
  }
  return found;
}

std::vector<std::string> arguments_of_cron(std::string_view line) {
  // For cron a bare '%' is the end of a line, in quotes or not.
  return store_arguments(shell_words(with_all(std::string(line), "\\%", "%")));
}

std::vector<std::string> arguments_of_plist(std::string_view text) {
  const std::string_view items =
      between(text, "<array>", "</array>", text.find("<key>ProgramArguments</key>"));
  std::vector<std::string> words;
  for (std::size_t at = 0; (at = items.find("<string>", at)) != std::string_view::npos;
       ++at) {
    std::string word(between(items, "<string>", "</string>", at));
    word = with_all(with_all(std::move(word), "&lt;", "<"), "&gt;", ">");
    words.push_back(with_all(std::move(word), "&amp;", "&"));
  }
  return store_arguments(words);
}

std::map<std::string, std::string> environment_of(std::string_view shown) {
  std::map<std::string, std::string> found;
  for (const std::string& word : shell_words(shown)) {
    const std::size_t equals = word.find('=');
    if (equals != std::string::npos) {
      found[word.substr(0, equals)] = word.substr(equals + 1);
    }
  }
  return found;
}

} // namespace coldpress
