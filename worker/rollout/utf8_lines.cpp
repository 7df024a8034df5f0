#include "worker/rollout/utf8_lines.hpp"

#include <simdjson.h>

#include <algorithm>

namespace coldpress {

namespace {

bool is_utf8(std::string_view text) {
  return simdjson::validate_utf8(text.data(), text.size());
}

// Of a character, by its first byte; 1 if none begins so.
std::size_t length_of(char first) {
  const auto c = static_cast<unsigned char>(first);
  return c >= 0xf0 ? 4 : c >= 0xe0 ? 3 : c >= 0xc0 ? 2 : 1;
}

bool continues(char c) {
  return (static_cast<unsigned char>(c) & 0xc0U) == 0x80U;
}

// Bytes at the end of `text` that begin a character and do not end it.
std::size_t split_at_end(std::string_view text) {
  constexpr std::size_t k_most = 3;
  for (std::size_t back = 1; back <= std::min(k_most, text.size()); ++back) {
    const char c = text[text.size() - back];
    if (!continues(c)) {
      return length_of(c) > back ? back : 0;
    }
  }
  return 0;
}

} // namespace

void Utf8Lines::feed(std::span<const std::byte> data) {
  std::string_view text(reinterpret_cast<const char*>(data.data()), data.size());
  text = finish_character(text);
  const std::size_t split = split_at_end(text);
  take(text.substr(0, text.size() - split));
  split_ += text.substr(text.size() - split);
}

// The rest of `text`, which is empty if the character is still not whole.
std::string_view Utf8Lines::finish_character(std::string_view text) {
  while (!split_.empty() && !text.empty() && continues(text.front()) &&
         split_.size() < length_of(split_.front())) {
    split_ += text.front();
    text.remove_prefix(1);
  }
  const bool whole = !split_.empty() && split_.size() == length_of(split_.front());
  if (whole || !text.empty()) {
    line_is_bad_ = line_is_bad_ || !is_utf8(split_);
    split_.clear();
  }
  return text;
}

void Utf8Lines::take(std::string_view text) {
  const bool all_good = is_utf8(text);
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    const std::string_view line = text.substr(0, end);
    line_is_bad_ = line_is_bad_ || (!all_good && !is_utf8(line));
    if (end == std::string_view::npos) {
      return;
    }
    bad_ += line_is_bad_ ? 1 : 0;
    line_is_bad_ = false;
    text.remove_prefix(all_good ? text.rfind('\n') + 1 : end + 1);
  }
}

std::uint64_t Utf8Lines::bad_lines() const {
  return bad_ + (line_is_bad_ || !split_.empty() ? 1 : 0);
}

} // namespace coldpress
