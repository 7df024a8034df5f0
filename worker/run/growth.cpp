#include "worker/run/growth.hpp"

#include "fsutil/capped.hpp"
#include "worker/rollout/name.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>

namespace coldpress {

namespace {

constexpr double k_longest_days = 36'500;

using Days = std::chrono::duration<double, std::chrono::days::period>;

int number_in(std::string_view text, std::size_t at, std::size_t count) {
  int value = 0;
  std::from_chars(text.data() + at, text.data() + at + count, value);
  return value;
}

// Beyond these no session was, and from 2262 on nanoseconds do not fit.
constexpr int k_first_year = 1970;
constexpr int k_last_year = 2200;

// The time in a rollout's name; it is local to whoever wrote it, which is near enough.
std::optional<WallTime> begun(const std::string& rollout) {
  const auto name = parse_rollout_name(rollout.substr(rollout.rfind('/') + 1));
  if (!name) {
    return std::nullopt;
  }
  const std::string& text = name->timestamp; // "2026-01-02T03-04-05"
  const int year = number_in(text, 0, 4);
  if (year < k_first_year || year > k_last_year) {
    return std::nullopt;
  }
  const std::chrono::sys_days date{
      std::chrono::year{year} /
      std::chrono::month{static_cast<unsigned>(number_in(text, 5, 2))} /
      std::chrono::day{static_cast<unsigned>(number_in(text, 8, 2))}};
  return WallTime{date} + std::chrono::hours{number_in(text, 11, 2)} +
         std::chrono::minutes{number_in(text, 14, 2)} +
         std::chrono::seconds{number_in(text, 17, 2)};
}

// Adds what a file got within each day of `days`, and in a fraction.
void spread(const UsageFile& file, WallTime first, std::vector<double>& days) {
  const WallTime end = file.mtime;
  const WallTime begin = std::min(begun(file.rollout).value_or(end), end);
  // What it took of the disk; compressed since, what it had then.
  const auto bytes = static_cast<double>(
      is_compressed(file.form) ? file.plain.value_or(file.bytes) : file.bytes);
  const double from = Days(begin - first).count();
  const double to = Days(end - first).count();
  const auto count = static_cast<double>(days.size());
  if (to < 0 || from >= count) {
    return;
  }
  if (to - from < 1e-9) {
    days[static_cast<std::size_t>(std::min(to, count - 1))] += bytes;
    return;
  }
  const auto last = static_cast<std::size_t>(std::min(to, count - 1));
  for (auto day = static_cast<std::size_t>(std::max(from, 0.0)); day <= last; ++day) {
    const auto start = static_cast<double>(day);
    const double part = std::min(to, start + 1) - std::max(from, start);
    days[day] += bytes * std::max(part, 0.0) / (to - from);
  }
}

} // namespace

Growth growth_of(const std::vector<UsageFile>& files, WallTime now) {
  const auto today = std::chrono::floor<std::chrono::days>(now);
  const std::chrono::sys_days first_day = today - std::chrono::days{k_growth_days - 1};
  const WallTime first{first_day};
  std::vector<double> bytes(k_growth_days, 0.0);
  WallTime oldest = now;
  for (const UsageFile& file : files) {
    if (file.form == UsageForm::retired || file.spare) {
      continue; // its other form is counted
    }
    spread(file, first, bytes);
    oldest = std::min({oldest, file.mtime, begun(file.rollout).value_or(file.mtime)});
  }
  Growth growth;
  double sum = 0;
  for (int day = 0; day < k_growth_days; ++day) {
    const double of_day = bytes[static_cast<std::size_t>(day)];
    growth.days.push_back({first_day + std::chrono::days{day}, capped_bytes(of_day)});
    sum += of_day;
  }
  growth.over_days = std::max(1.0, Days(now - std::max(first, oldest)).count());
  growth.bytes_per_day = sum / growth.over_days;
  return growth;
}

double growth_as_it_is(const Outlook& outlook, double days) {
  return outlook.bytes_per_day * days;
}

double growth_if_compressed(const Outlook& outlook, double days) {
  const auto at_once = static_cast<double>(outlook.gain_cold);
  const double later = static_cast<double>(outlook.gain_all) - at_once;
  const double young = std::min(days, outlook.cold_after);
  const double turned = outlook.cold_after > 0 ? young / outlook.cold_after : 1.0;
  const double old = std::max(0.0, days - outlook.cold_after);
  return outlook.bytes_per_day * (young + old * outlook.kept) - at_once - later * turned;
}

std::optional<double> days_left_as_it_is(const Outlook& outlook) {
  if (outlook.bytes_per_day <= 0) {
    return std::nullopt;
  }
  const double days = static_cast<double>(outlook.free) / outlook.bytes_per_day;
  return days > k_longest_days ? std::nullopt : std::optional(days);
}

// One straight line until everything now young is cold, another after it.
std::optional<double> days_left_if_compressed(const Outlook& outlook) {
  const auto free = static_cast<double>(outlook.free);
  const double knee = outlook.cold_after;
  const double at_start = growth_if_compressed(outlook, 0);
  const double at_knee = growth_if_compressed(outlook, knee);
  if (at_knee >= free) {
    const double slope = at_knee - at_start;
    return slope > 0 ? knee * std::clamp((free - at_start) / slope, 0.0, 1.0) : 0.0;
  }
  const double slope = outlook.bytes_per_day * outlook.kept;
  if (slope <= 0) {
    return std::nullopt;
  }
  const double days = knee + (free - at_knee) / slope;
  return days > k_longest_days ? std::nullopt : std::optional(days);
}

} // namespace coldpress
