#pragma once

#include "worker/inspect/survey.hpp"

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace coldpress {

// What `report` shows, in three forms.
struct ReportView {
  ReportView(const Survey& from, std::size_t largest_count, bool every_group);

  const Survey& survey;
  UsageGroup total;
  std::map<Dimension, std::vector<UsageGroup>> groups;
  std::vector<UsageFile> largest;
  bool all = false; // every group in the text, not just the largest
};

// For people on a terminal. Ends with a newline.
std::string report_text(const ReportView& view);
// NDJSON, one object a line; no newline at the end.
std::string report_json(const ReportView& view);
// One whole HTML page that needs nothing else: no script, no network.
std::string report_html(const ReportView& view);

// "today", "12 days", "3.4 years"; empty: over 100 years.
std::string days_text(const std::optional<double>& days);
// "the last day", "the last 12 days".
std::string last_days_text(double days);
// "42 %", "0.3 %"; "0 %" of nothing.
std::string percent_text(std::uint64_t part, std::uint64_t whole);
// What the outlook is at this rate, as one sentence.
std::string outlook_text(const Survey& survey);

} // namespace coldpress
