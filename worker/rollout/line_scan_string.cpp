// The half of LineScan that is inside a string: escapes, UTF-8, and what of it is kept.
#include "worker/rollout/line_scan.hpp"

#include <utility>

namespace coldpress {

namespace {

constexpr std::size_t k_longest_captured = 256;
constexpr unsigned char k_space = 0x20;
constexpr unsigned char k_ascii_end = 0x80;
constexpr std::uint32_t k_high_surrogate = 0xd800;
constexpr std::uint32_t k_low_surrogate = 0xdc00;
constexpr std::uint32_t k_surrogates_end = 0xe000;

std::optional<std::uint32_t> hex_value(unsigned char c) {
  if (c >= '0' && c <= '9') {
    return c - '0';
  }
  const unsigned char lower = c | 0x20U;
  if (lower >= 'a' && lower <= 'f') {
    return lower - 'a' + 10;
  }
  return std::nullopt;
}

} // namespace

void LineScan::take_in_string(unsigned char c) {
  if (c < k_space) {
    fail();
  } else if (utf8_left_ > 0) {
    take_continuation(c);
  } else if (escaped_) {
    take_escape(c);
  } else if (high_ != 0 && c != '\\') {
    fail(); // half a pair
  } else if (c >= k_ascii_end) {
    begin_utf8(c);
  } else if (c == '\\') {
    escaped_ = true;
  } else if (c == '"') {
    end_string();
  } else {
    capture(static_cast<char>(c));
  }
}

void LineScan::begin_utf8(unsigned char c) {
  capture(static_cast<char>(c));
  utf8_low_ = 0x80;
  utf8_high_ = 0xbf;
  if (c >= 0xc2 && c <= 0xdf) {
    utf8_left_ = 1;
  } else if (c >= 0xe0 && c <= 0xef) {
    utf8_left_ = 2;
    utf8_low_ = c == 0xe0 ? 0xa0 : utf8_low_;   // no overlong form
    utf8_high_ = c == 0xed ? 0x9f : utf8_high_; // no surrogate
  } else if (c >= 0xf0 && c <= 0xf4) {
    utf8_left_ = 3;
    utf8_low_ = c == 0xf0 ? 0x90 : utf8_low_;
    utf8_high_ = c == 0xf4 ? 0x8f : utf8_high_; // nothing beyond U+10FFFF
  } else {
    fail();
  }
}

void LineScan::take_continuation(unsigned char c) {
  bad_ = c < utf8_low_ || c > utf8_high_;
  utf8_low_ = 0x80;
  utf8_high_ = 0xbf;
  utf8_left_ -= 1;
  capture(static_cast<char>(c));
}

void LineScan::take_escape(unsigned char c) {
  if (hex_left_ > 0) {
    const auto digit = hex_value(c);
    bad_ = !digit;
    unit_ = unit_ * 16 + digit.value_or(0);
    hex_left_ -= 1;
    if (hex_left_ == 0) {
      end_unit();
    }
    return;
  }
  if (c == 'u') {
    hex_left_ = 4;
    unit_ = 0;
    return;
  }
  constexpr std::string_view k_letters = "\"\\/bfnrt";
  constexpr std::string_view k_meanings = "\"\\/\b\f\n\r\t";
  const auto at = k_letters.find(static_cast<char>(c));
  if (at == std::string_view::npos || high_ != 0) {
    fail();
    return;
  }
  capture(k_meanings[at]);
  escaped_ = false;
}

// Four hex digits are read.
void LineScan::end_unit() {
  escaped_ = false;
  const bool low = unit_ >= k_low_surrogate && unit_ < k_surrogates_end;
  if (low != (high_ != 0)) {
    fail();
    return;
  }
  if (unit_ >= k_high_surrogate && unit_ < k_low_surrogate) {
    high_ = unit_;
    return;
  }
  // A name or type that we look for is ASCII; any other character only has to differ.
  capture(unit_ < k_ascii_end ? static_cast<char>(unit_) : '?');
  high_ = 0;
}

void LineScan::capture(char c) {
  if (!capturing_) {
    return;
  }
  too_long_ = too_long_ || captured_.size() == k_longest_captured;
  if (!too_long_) {
    captured_ += c;
  }
}

void LineScan::end_string() {
  token_ = Token::none;
  std::string text = std::exchange(captured_, {});
  const bool known = std::exchange(capturing_, false) && !std::exchange(too_long_, false);
  if (is_key_) {
    is_key_ = false;
    want_ = Want::colon;
    if (depth_ == 1) {
      key_ = known && text == "type"      ? Key::type
             : known && text == "ordinal" ? Key::ordinal
                                          : Key::other;
    }
    return;
  }
  if (known) {
    facts_.type = std::move(text);
  }
  end_value();
}

} // namespace coldpress
