#include "worker/rollout/line_check.hpp"

namespace coldpress {

namespace {

constexpr unsigned char k_space = 0x20;
constexpr unsigned char k_ascii_end = 0x80;

// Of a character that begins with `c`; 0 if none can.
unsigned bytes_after(unsigned char c) {
  if (c >= 0xc2 && c <= 0xdf) {
    return 1;
  }
  if (c >= 0xe0 && c <= 0xef) {
    return 2;
  }
  return c >= 0xf0 && c <= 0xf4 ? 3 : 0;
}

} // namespace

void LineCheck::feed(std::span<const std::byte> data) {
  for (const std::byte byte : data) {
    const auto c = static_cast<unsigned char>(byte);
    if (c != '\n') {
      take(c);
      continue;
    }
    odd_ += line_is_odd() ? 1 : 0;
    const std::uint64_t odd = odd_;
    *this = LineCheck();
    odd_ = odd;
  }
}

std::uint64_t LineCheck::odd_lines() const {
  return odd_ + (line_is_odd() ? 1 : 0);
}

bool LineCheck::line_is_odd() const {
  return bad_ || (begun_ && !closed_);
}

void LineCheck::take(unsigned char c) {
  if (in_string_) {
    take_in_string(c);
    return;
  }
  if (c == ' ' || c == '\t' || c == '\r') {
    return;
  }
  bad_ = bad_ || closed_ || (!begun_ && c != '{') || c < k_space || c >= k_ascii_end;
  begun_ = true;
  if (c == '{' || c == '[') {
    depth_ += 1;
  } else if (c == '}' || c == ']') {
    bad_ = bad_ || depth_ == 0;
    depth_ -= depth_ > 0 ? 1 : 0;
    closed_ = depth_ == 0;
  } else if (c == '"') {
    in_string_ = true;
  }
}

void LineCheck::take_in_string(unsigned char c) {
  if (continuation_ > 0) {
    bad_ = bad_ || (c & 0xc0U) != k_ascii_end;
    continuation_ -= 1;
  } else if (c >= k_ascii_end) {
    continuation_ = bytes_after(c);
    bad_ = bad_ || continuation_ == 0;
  } else if (escaped_) {
    escaped_ = false;
  } else if (c == '\\') {
    escaped_ = true;
  } else if (c == '"') {
    in_string_ = false;
  }
  bad_ = bad_ || c < k_space;
}

} // namespace coldpress
