#include "worker/cli/report/view.hpp"

#include "fsutil/text.hpp"

namespace coldpress {

namespace {

constexpr double k_days_a_year = 365.25;

std::string full_text(const std::optional<double>& days) {
  return days ? fmt::format("will be full in {}", days_text(days))
              : "will not fill within 100 years";
}

} // namespace

ReportView::ReportView(const Survey& from, std::size_t largest_count, bool every_group)
    : survey(from), total(total_of(from.files)),
      largest(largest_of(from.files, largest_count)), all(every_group) {
  for (const Dimension dimension : k_dimensions) {
    groups.emplace(dimension, group_by(dimension, from.files, from.now));
  }
}

std::string days_text(const std::optional<double>& days) {
  if (!days) {
    return "over 100 years";
  }
  if (*days < 1) {
    return "less than a day";
  }
  if (*days < 1.5) {
    return "a day";
  }
  return *days < 2 * k_days_a_year ? fmt::format("{:.0f} days", *days)
                                   : fmt::format("{:.1f} years", *days / k_days_a_year);
}

std::string last_days_text(double days) {
  return days < 1.5 ? "the last day" : fmt::format("the last {:.0f} days", days);
}

std::string percent_text(std::uint64_t part, std::uint64_t whole) {
  if (whole == 0 || part == 0) {
    return "0 %";
  }
  const double percent = 100.0 * static_cast<double>(part) / static_cast<double>(whole);
  return percent < 1 ? fmt::format("{:.1f} %", percent)
                     : fmt::format("{:.0f} %", percent);
}

std::string outlook_text(const Survey& survey) {
  if (survey.growth.bytes_per_day <= 0) {
    return "Nothing was written in the last 30 days, so there is no forecast.";
  }
  const auto as_it_is = days_left_as_it_is(survey.outlook);
  const auto compressed = days_left_if_compressed(survey.outlook);
  if (!as_it_is) {
    return "At this rate the disk will not fill within 100 years.";
  }
  return fmt::format("At this rate the disk {} without compression, and {} if both trees "
                     "are compressed once cold.",
                     full_text(as_it_is),
                     full_text(compressed));
}

} // namespace coldpress
