#include "worker/rollout/line_scan.hpp"

#include <algorithm>
#include <limits>
#include <utility>

namespace coldpress {

namespace {

constexpr unsigned char k_space = 0x20;
constexpr unsigned char k_ascii_end = 0x80;

bool is_white(unsigned char c) {
  return c == ' ' || c == '\t' || c == '\r';
}

bool is_digit(unsigned char c) {
  return c >= '0' && c <= '9';
}

} // namespace

std::string_view name_of(LineState state) {
  switch (state) {
  case LineState::record:
    return "record";
  case LineState::blank:
    return "blank";
  case LineState::bad:
    return "bad";
  case LineState::torn:
    return "torn";
  }
  return "bad";
}

void LineScan::feed(std::span<const std::byte> data) {
  for (std::size_t at = 0; at < data.size(); ++at) {
    const auto c = static_cast<unsigned char>(data[at]);
    if (bad_) {
      begun_ = true;
      return;
    }
    const bool ordinary = c >= k_space && c < k_ascii_end && c != '"' && c != '\\';
    if (token_ == Token::string && ordinary && !capturing_ && !escaped_ &&
        utf8_left_ == 0 && high_ == 0) {
      continue; // most bytes of a rollout end here
    }
    take(c);
  }
}

LineFacts LineScan::end(bool newline) {
  if (begun_ || bad_) {
    facts_.state = closed_ && !bad_ ? LineState::record
                   : newline        ? LineState::bad
                                    : LineState::torn;
  }
  if (facts_.state != LineState::record) {
    facts_ = LineFacts{facts_.state, std::nullopt, false, {}, false};
  }
  LineFacts facts = std::move(facts_);
  *this = LineScan();
  return facts;
}

void LineScan::take(unsigned char c) {
  if (token_ == Token::string) {
    take_in_string(c);
    return;
  }
  if (token_ == Token::literal) {
    if (c != static_cast<unsigned char>(literal_.front())) {
      fail();
      return;
    }
    literal_.remove_prefix(1);
    if (literal_.empty()) {
      end_value();
    }
    return;
  }
  if (token_ == Token::number && take_in_number(c)) {
    return;
  }
  if (!bad_ && !is_white(c)) {
    begun_ = true;
    take_between(c);
  }
}

void LineScan::take_between(unsigned char c) {
  const bool in_object = depth_ > 0 && objects_[depth_];
  if (closed_ || (depth_ == 0 && c != '{')) {
    fail();
    return;
  }
  switch (want_) {
  case Want::value_or_end:
    if (c == ']') {
      close(false);
      return;
    }
    [[fallthrough]];
  case Want::value:
    begin_value(c);
    return;
  case Want::key_or_end:
    if (c == '}') {
      close(true);
      return;
    }
    [[fallthrough]];
  case Want::key:
    if (c != '"') {
      fail();
      return;
    }
    token_ = Token::string;
    is_key_ = true;
    capturing_ = depth_ == 1;
    return;
  case Want::colon:
    want_ = Want::value;
    bad_ = c != ':';
    return;
  case Want::comma:
    if (c == ',') {
      want_ = in_object ? Want::key : Want::value;
    } else if (c == '}' || c == ']') {
      close(c == '}');
    } else {
      fail();
    }
    return;
  }
}

void LineScan::begin_value(unsigned char c) {
  if (of_record(Key::ordinal) && !is_digit(c)) {
    (c == 'n' ? facts_.null_ordinal : facts_.odd_ordinal) = true;
  }
  if (c == '{' || c == '[') {
    open(c == '{');
  } else if (c == '"') {
    token_ = Token::string;
    capturing_ = of_record(Key::type);
  } else if (c == 't' || c == 'f' || c == 'n') {
    token_ = Token::literal;
    literal_ = c == 't' ? "rue" : c == 'f' ? "alse" : "ull";
  } else if (c == '-' || is_digit(c)) {
    token_ = Token::number;
    number_ = c == '-' ? Number::sign : c == '0' ? Number::zero : Number::whole;
    value_ = c == '-' ? 0 : c - '0';
    value_fits_ = c != '-';
  } else {
    fail();
  }
}

void LineScan::open(bool object) {
  if (depth_ == k_deepest) {
    fail();
    return;
  }
  depth_ += 1;
  objects_[depth_] = object;
  want_ = object ? Want::key_or_end : Want::value_or_end;
}

void LineScan::close(bool object) {
  if (depth_ == 0 || objects_[depth_] != object) {
    fail();
    return;
  }
  depth_ -= 1;
  closed_ = depth_ == 0;
  end_value();
}

void LineScan::end_value() {
  token_ = Token::none;
  want_ = Want::comma;
}

bool LineScan::take_in_number(unsigned char c) {
  const bool digit = is_digit(c);
  const bool e = c == 'e' || c == 'E';
  const auto go = [this](Number next) {
    number_ = next;
    value_fits_ = value_fits_ && next == Number::whole;
    return true;
  };
  switch (number_) {
  case Number::sign:
    if (digit) {
      return go(c == '0' ? Number::zero : Number::whole);
    }
    break;
  case Number::whole:
    if (digit) {
      constexpr auto k_max = std::numeric_limits<std::uint64_t>::max();
      const std::uint64_t more = c - '0';
      value_fits_ = value_fits_ && value_ <= (k_max - more) / 10;
      value_ = value_ * 10 + more;
      return true;
    }
    [[fallthrough]];
  case Number::zero:
    if (c == '.' || e) {
      return go(e ? Number::e : Number::dot);
    }
    end_number();
    return false;
  case Number::dot:
    if (digit) {
      return go(Number::fraction);
    }
    break;
  case Number::fraction:
    if (digit || e) {
      return go(e ? Number::e : Number::fraction);
    }
    end_number();
    return false;
  case Number::e:
    if (digit || c == '+' || c == '-') {
      return go(digit ? Number::power : Number::e_sign);
    }
    break;
  case Number::e_sign:
    if (digit) {
      return go(Number::power);
    }
    break;
  case Number::power:
    if (digit) {
      return true;
    }
    end_number();
    return false;
  }
  fail();
  return true;
}

void LineScan::end_number() {
  if (of_record(Key::ordinal)) {
    if (value_fits_) {
      facts_.ordinal = std::max(facts_.ordinal.value_or(0), value_);
    } else {
      facts_.odd_ordinal = true;
    }
  }
  end_value();
}

LineFacts scan_line(std::string_view text, bool newline) {
  LineScan scan;
  scan.feed(std::as_bytes(std::span(text)));
  return scan.end(newline);
}

} // namespace coldpress
