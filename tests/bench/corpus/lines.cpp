#include "tests/bench/corpus/lines.hpp"

#include <fmt/format.h>

#include <chrono>

namespace coldpress::corpus {

std::string format_timestamp(std::int64_t unix_ms) {
  using namespace std::chrono;
  const sys_time<milliseconds> time{milliseconds(unix_ms)};
  const auto day = floor<days>(time);
  const year_month_day date{day};
  const hh_mm_ss clock{time - day};
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z",
                     static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()),
                     static_cast<unsigned>(date.day()),
                     clock.hours().count(),
                     clock.minutes().count(),
                     clock.seconds().count(),
                     clock.subseconds().count());
}

void Lines::begin(std::string_view type) {
  add(fmt::format(R"({{"timestamp":"{}","ordinal":{},"type":"{}","payload":)",
                  format_timestamp(now_ms_),
                  ordinal_++,
                  type));
}

void Lines::end() {
  add("}");
  add(line_end_);
}

} // namespace coldpress::corpus
