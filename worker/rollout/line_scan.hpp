#pragma once

#include <bitset>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace coldpress {

enum class LineState : std::uint8_t {
  record, // one whole JSON object in good UTF-8, with or without its newline
  blank,  // nothing but white space
  bad,    // anything else that ends in a newline
  torn,   // anything else at the end of the file: its writer may still be at work
};

std::string_view name_of(LineState state);

// What one line says of itself.
struct LineFacts {
  LineState state = LineState::blank;
  std::optional<std::uint64_t> ordinal; // the highest, should it be given twice
  bool odd_ordinal = false;             // it has one that is no unsigned 64-bit number
  std::string type;                     // empty if there is none, or over 256 bytes
  bool null_ordinal = false;            // it has one that is null: none, for who reads it
};

// Parses one line of any length in constant memory, fed piece by piece. Strict JSON as
// serde_json reads it: good UTF-8, no lone surrogate, at most 127 levels.
class LineScan {
public:
  // Without the newline.
  void feed(std::span<const std::byte> data);
  // Ends the line and makes ready for the next.
  LineFacts end(bool newline);

private:
  enum class Token : std::uint8_t { none, string, number, literal };
  enum class Want : std::uint8_t { value, value_or_end, key, key_or_end, colon, comma };
  enum class Number : std::uint8_t { sign, zero, whole, dot, fraction, e, e_sign, power };
  enum class Key : std::uint8_t { other, type, ordinal };

  void take(unsigned char c);
  void take_between(unsigned char c);
  void take_in_string(unsigned char c);
  void take_escape(unsigned char c);
  void take_continuation(unsigned char c);
  void begin_utf8(unsigned char c);
  bool take_in_number(unsigned char c);
  void begin_value(unsigned char c);
  void open(bool object);
  void close(bool object);
  void end_string();
  void end_number();
  void end_value();
  void end_unit();
  void capture(char c);
  void fail() { bad_ = true; }
  bool of_record(Key key) const { return depth_ == 1 && key_ == key; }

  static constexpr std::size_t k_deepest = 127;

  LineFacts facts_;
  bool begun_ = false;
  bool closed_ = false; // the object is over
  bool bad_ = false;
  Token token_ = Token::none;
  Want want_ = Want::value;
  Number number_ = Number::sign;
  Key key_ = Key::other;
  bool is_key_ = false;    // the string under way is a member's name
  bool capturing_ = false; // it is one we want to know
  bool too_long_ = false;
  std::string captured_;
  std::bitset<k_deepest + 1> objects_;
  std::size_t depth_ = 0;
  std::string_view literal_; // what of it is still to come
  std::uint64_t value_ = 0;  // of a number, while it is whole
  bool value_fits_ = false;
  unsigned utf8_left_ = 0;
  unsigned char utf8_low_ = 0; // bounds of the next continuation byte
  unsigned char utf8_high_ = 0;
  bool escaped_ = false;
  unsigned hex_left_ = 0;
  std::uint32_t unit_ = 0; // of \uXXXX
  std::uint32_t high_ = 0; // a high surrogate that waits for its other half
};

LineFacts scan_line(std::string_view text, bool newline);

} // namespace coldpress
