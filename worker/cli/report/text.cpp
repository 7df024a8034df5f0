#include "fsutil/text.hpp"

#include "fsutil/capped.hpp"
#include "worker/cli/report/view.hpp"
#include "worker/cli/table.hpp"

#include <algorithm>

namespace coldpress {

namespace {

constexpr std::size_t k_shown = 12;

std::string head_text(const ReportView& view) {
  const UsageGroup& total = view.total;
  return fmt::format("{}: {} rollouts, {} on disk; in plain form they would be {}\n\n",
                     printable(view.survey.home),
                     format_count(total.rollouts),
                     format_size(total.bytes),
                     format_size(total.plain_bytes));
}

std::string gain_text(const Survey::Gain& gain) {
  return gain.rollouts == 0 ? "nothing"
                            : fmt::format("about {} or more, of {} in {} rollouts",
                                          format_size(gain.freed),
                                          format_size(gain.bytes),
                                          format_count(gain.rollouts));
}

// By the ledger, and what it does not know: a ledger can be deleted.
std::string saved_text(const ReportView& view) {
  const Totals& realised = view.survey.realised;
  const std::uint64_t by_us =
      realised.bytes_before - std::min(realised.bytes_before, realised.bytes_after);
  std::string text =
      fmt::format("{}, {} of the plain size",
                  format_size(view.total.saved_bytes),
                  percent_text(view.total.saved_bytes, view.total.plain_bytes));
  if (view.survey.ledger) {
    text += fmt::format("; by coldpress, as the ledger has it: {} in {} rollouts",
                        format_size(by_us),
                        format_count(realised.compressed));
  }
  return text;
}

std::string savings_text(const ReportView& view) {
  const Survey& survey = view.survey;
  Table table({Align::left, Align::left});
  table.add({"saved so far", saved_text(view)});
  table.add({"a run now would free",
             gain_text(survey.as_set) +
                 (survey.as_set.rollouts == 0 ? "; coldpress plan says why" : "")});
  table.add({"... with both trees", gain_text(survey.cold)});
  table.add({"... and once all is cold", gain_text(survey.all)});
  table.add(
      {"growth",
       fmt::format(
           "{} a day in plain form, over {}; rollouts deleted since are not counted",
           format_size(capped_bytes(survey.growth.bytes_per_day)),
           last_days_text(survey.growth.over_days))});
  table.add({"disk",
             fmt::format("{} free of {}",
                         format_size(survey.space.available),
                         format_size(survey.space.total))});
  return table.text() + outlook_text(survey) + "\n";
}

std::string groups_text(const ReportView& view, Dimension dimension) {
  const std::vector<UsageGroup>& groups = view.groups.at(dimension);
  Table table({Align::right, Align::right, Align::right, Align::right, Align::left});
  table.add({"rollouts", "on disk", "plain", "saved", std::string(name_of(dimension))});
  std::size_t more = 0;
  for (const UsageGroup& group : groups) {
    if (group.bytes == 0 && group.rollouts == 0) {
      continue;
    }
    if (!view.all && table.rows() > k_shown) {
      more += 1;
      continue;
    }
    table.add({format_count(group.rollouts),
               format_size(group.bytes),
               format_size(group.plain_bytes),
               percent_text(group.saved_bytes, group.plain_bytes),
               printable(group.name)});
  }
  if (table.rows() == 1) {
    return {};
  }
  return "\n" + table.text("  ") +
         (more > 0 ? fmt::format("  ... and {} more (--all shows every one)\n",
                                 format_count(more))
                   : "");
}

std::string largest_text(const ReportView& view) {
  if (view.largest.empty()) {
    return {};
  }
  Table table({Align::right, Align::right, Align::left, Align::left});
  table.add({"on disk", "plain", "form", "the largest rollouts"});
  for (const UsageFile& file : view.largest) {
    table.add({format_size(file.bytes),
               file.plain ? format_size(*file.plain) : "",
               std::string(name_of(file.form)),
               printable(file.rollout)});
  }
  return "\n" + table.text("  ");
}

std::string notes_text(const ReportView& view) {
  std::string text;
  if (view.total.size_unknown > 0) {
    text += fmt::format("\n{} compressed rollouts do not record their plain length; they "
                        "count as if nothing was saved.\n",
                        format_count(view.total.size_unknown));
  }
  if (view.survey.not_looked_into > 0) {
    text +=
        fmt::format("\n{} compressed rollouts were not opened, for lack of time; their "
                    "project is unknown. Each run and each report opens some of them.\n",
                    format_count(view.survey.not_looked_into));
  }
  if (view.survey.too_full && view.survey.all.rollouts > 0) {
    text += "\nLess than limits.min_free is free on the disk, so a run would compress "
            "nothing: free disk space, or lower --min-free.\n";
  }
  if (!view.survey.enabled && view.survey.all.rollouts > 0) {
    text += "\nNothing is compressed while the feature is off: coldpress run --enable "
            "local_thread_store_compression\n";
  }
  return text;
}

} // namespace

std::string report_text(const ReportView& view) {
  std::string text = head_text(view) + savings_text(view);
  for (const Dimension dimension : k_dimensions) {
    text += groups_text(view, dimension);
  }
  return text + largest_text(view) + notes_text(view);
}

} // namespace coldpress
