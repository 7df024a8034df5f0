#include "fsutil/text.hpp"

#include <charconv>
#include <optional>

namespace coldpress {

namespace {

using namespace std::chrono;

// Takes what it reads off the front of `text`; `good` is false once something else
// stood there.
class Reader {
public:
  explicit Reader(std::string_view text) : text_(text) {}

  bool done() const { return good_ && text_.empty(); }

  unsigned digits(std::size_t count) {
    unsigned value = 0;
    const std::string_view taken = text_.substr(0, count);
    const char* const end = taken.data() + taken.size();
    const auto read = std::from_chars(taken.data(), end, value);
    good_ = good_ && taken.size() == count && read.ec == std::errc{} && read.ptr == end;
    text_.remove_prefix(taken.size());
    return value;
  }

  bool take(char c) {
    const bool there = text_.starts_with(c);
    text_.remove_prefix(there ? 1 : 0);
    return there;
  }

  void need(bool holds) { good_ = good_ && holds; }

  // ".123" -> 123 ms
  nanoseconds fraction() {
    if (!take('.')) {
      return nanoseconds{0};
    }
    std::int64_t value = 0;
    std::int64_t unit = 100'000'000;
    need(!text_.empty() && text_.front() >= '0' && text_.front() <= '9');
    while (!text_.empty() && text_.front() >= '0' && text_.front() <= '9') {
      value += (text_.front() - '0') * unit;
      unit /= 10;
      text_.remove_prefix(1);
    }
    return nanoseconds{value};
  }

  // "Z", "+01:00"
  minutes offset() {
    if (take('Z') || take('z')) {
      return minutes{0};
    }
    const bool west = take('-');
    need(west || take('+'));
    const unsigned hour = digits(2);
    need(take(':'));
    const unsigned minute = digits(2);
    need(hour <= 23 && minute <= 59);
    const minutes ahead = hours{hour} + minutes{minute};
    return west ? -ahead : ahead;
  }

private:
  std::string_view text_;
  bool good_ = true;
};

std::optional<sys_time<nanoseconds>> read_time(std::string_view text) {
  Reader reader(text);
  const unsigned year_number = reader.digits(4);
  reader.need(reader.take('-'));
  const unsigned month_number = reader.digits(2);
  reader.need(reader.take('-'));
  const unsigned day_number = reader.digits(2);
  reader.need(reader.take('T') || reader.take('t') || reader.take(' '));
  const unsigned hour = reader.digits(2);
  reader.need(reader.take(':'));
  const unsigned minute = reader.digits(2);
  reader.need(reader.take(':'));
  const unsigned second = reader.digits(2);
  const nanoseconds fraction = reader.fraction();
  const minutes ahead = reader.offset();
  const year_month_day date{
      year{static_cast<int>(year_number)}, month{month_number}, day{day_number}};
  // What nanoseconds since the epoch can hold ends in 2262; 60 is a leap second.
  if (!reader.done() || !date.ok() || year_number < 1970 || year_number > 2200 ||
      hour > 23 || minute > 59 || second > 60) {
    return std::nullopt;
  }
  const sys_time<nanoseconds> time = sys_time<nanoseconds>{sys_days{date}} + hours{hour} +
                                     minutes{minute} + seconds{second} + fraction - ahead;
  return time < sys_time<nanoseconds>{} ? std::nullopt : std::optional(time);
}

} // namespace

Result<sys_time<nanoseconds>> parse_time(std::string_view text) {
  if (const auto time = read_time(text)) {
    return *time;
  }
  return Fail(
      Error{Errc::invalid,
            0,
            "parse time",
            {},
            {fmt::format("\"{}\" is not a time; write it like \"2026-01-02T03:04:05Z\" "
                         "or with an offset such as +01:00",
                         printable(text))}});
}

} // namespace coldpress
