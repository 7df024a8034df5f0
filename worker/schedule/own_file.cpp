#include "worker/schedule/own_file.hpp"

#include "fsutil/hash.hpp"

#include <span>

namespace coldpress {

namespace {

constexpr std::string_view k_mark = "coldpress-schedule ";
constexpr std::size_t k_digits = 32;

std::string hash_text(std::string_view text) {
  return to_hex(hash_of(std::as_bytes(std::span(text))));
}

std::string mark_of(std::string_view text, CommentForm form) {
  const std::string hash = hash_text(text);
  return form == CommentForm::xml
             ? "<!-- Written by coldpress schedule install. coldpress-schedule " + hash +
                   " -->\n"
             : "# Written by coldpress schedule install. coldpress-schedule " + hash +
                   "\n";
}

// The hash after the mark, wherever that is.
std::string_view hash_in(std::string_view text) {
  const std::size_t at = text.find(k_mark);
  if (at == std::string_view::npos) {
    return {};
  }
  const std::string_view hash = text.substr(at + k_mark.size(), k_digits);
  const bool is_hash =
      hash.size() == k_digits &&
      hash.find_first_not_of("0123456789abcdef") == std::string_view::npos;
  return is_hash ? hash : std::string_view();
}

} // namespace

std::string marked(std::string_view text, CommentForm form) {
  const std::size_t place = form == CommentForm::xml ? text.find('\n') + 1 : 0;
  std::string whole(text);
  return whole.insert(place, mark_of(text, form));
}

Author author_of(std::string_view text) {
  const std::string_view hash = hash_in(text);
  if (hash.empty()) {
    return Author::other;
  }
  const auto at = static_cast<std::size_t>(hash.data() - text.data());
  const std::size_t before = text.rfind('\n', at);
  const std::size_t begin = before == std::string_view::npos ? 0 : before + 1;
  const std::size_t end = text.find('\n', at);
  std::string rest(text.substr(0, begin));
  rest += end == std::string_view::npos ? "" : text.substr(end + 1);
  return hash_text(rest) == hash ? Author::ours : Author::edited;
}

std::string marked_line(std::string_view line) {
  return std::string(line) + " # " + std::string(k_mark) + hash_text(line);
}

Author author_of_line(std::string_view line) {
  const std::string_view hash = hash_in(line);
  if (hash.empty()) {
    return Author::other;
  }
  const std::size_t end = line.find(" # " + std::string(k_mark));
  return end != std::string_view::npos && line == marked_line(line.substr(0, end))
             ? Author::ours
             : Author::edited;
}

} // namespace coldpress
