#include "worker/cli/summary_text.hpp"

#include "fsutil/text.hpp"
#include "worker/cli/table.hpp"

#include <algorithm>

namespace coldpress {

const char* const k_how_to_enable =
    "To compress, turn the feature on. For one run:\n"
    "  coldpress run --enable local_thread_store_compression\n"
    "Permanently, in the configuration:\n"
    "  [features]\n"
    "  local_thread_store_compression = true\n";

std::string ratio_text(std::uint64_t before, std::uint64_t after) {
  return after == 0
             ? "-"
             : fmt::format("{:.2f}x",
                           static_cast<double>(before) / static_cast<double>(after));
}

std::string reasons_text(const std::map<Reason, std::uint64_t>& skipped,
                         const std::string& indent) {
  std::vector<std::pair<Reason, std::uint64_t>> rows(skipped.begin(), skipped.end());
  std::stable_sort(rows.begin(), rows.end(), [](const auto& a, const auto& b) {
    return a.second > b.second;
  });
  Table table({Align::right, Align::left, Align::left});
  for (const auto& [reason, number] : rows) {
    table.add({format_count(number),
               std::string(name_of(reason)),
               std::string(explain(reason))});
  }
  return table.text(indent);
}

std::string outcome_text(const Outcome& outcome) {
  std::string line =
      fmt::format("{}: {}", printable(outcome.rollout), name_of(outcome.kind));
  if (outcome.reason && outcome.kind == OutcomeKind::failed) {
    line += fmt::format(" ({})", name_of(*outcome.reason));
  }
  if (!outcome.detail.empty()) {
    line += ": " + printable(outcome.detail);
  }
  if (outcome.error) {
    line += ": " + printable(describe(*outcome.error));
  }
  return line;
}

std::string refusal_text(const Refusal& refusal) {
  return fmt::format(
      "Nothing may be compressed here ({}): Codex {} wrote in\n{}\nat {}. It cannot read "
      ".zst and would drop such threads from its list.\n{}.\n",
      name_of(refusal.reason),
      to_string(refusal.seen),
      printable(refusal.seen.rollout),
      format_time(refusal.seen.when),
      way_on(refusal));
}

namespace {

// There was something to do.
bool ended_early(const PassSummary& summary) {
  return summary.skipped.contains(Reason::no_time) ||
         summary.skipped.contains(Reason::no_space) ||
         summary.skipped.contains(Reason::canceled);
}

std::string compressed_text(const PassSummary& summary) {
  Table table({Align::left,
               Align::right,
               Align::right,
               Align::right,
               Align::right,
               Align::right});
  table.add({"", "files", "before", "after", "ratio", "saved"});
  const auto add =
      [&](OutcomeKind kind, const char* name, std::uint64_t before, std::uint64_t after) {
        if (summary.number(kind) > 0) {
          table.add({name,
                     format_count(summary.number(kind)),
                     format_size(before),
                     format_size(after),
                     ratio_text(before, after),
                     format_size(before - std::min(before, after))});
        }
      };
  add(OutcomeKind::compressed, "compressed", summary.bytes_before, summary.bytes_after);
  add(OutcomeKind::recompressed,
      "recompressed",
      summary.recompressed_before,
      summary.recompressed_after);
  return table.text();
}

std::string others_text(const PassSummary& summary) {
  Table table({Align::right, Align::left});
  constexpr std::pair<OutcomeKind, const char*> k_shown[] = {
      {OutcomeKind::restored, "restored to plain"},
      {OutcomeKind::recovered, "cleaned up after an interrupted run"},
      {OutcomeKind::reaped, "plain files freed"},
      {OutcomeKind::writer_arrived, "left plain: a writer opened them meanwhile"},
      {OutcomeKind::failed, "failed"},
      {OutcomeKind::conflict, "conflicts: need attention; nothing was changed"},
      {OutcomeKind::orphaned, "moved to coldpress/orphans"},
      {OutcomeKind::removed, "orphans removed"},
  };
  for (const auto& [kind, what] : k_shown) {
    if (summary.number(kind) > 0) {
      table.add({format_count(summary.number(kind)), what});
    }
  }
  if (summary.not_freed_files > 0) {
    table.add({format_count(summary.not_freed_files),
               fmt::format("plain files not freed yet ({}); the next run frees them",
                           format_size(summary.not_freed_bytes))});
  }
  return table.text("  ");
}

} // namespace

std::string summary_text(const PassSummary& summary, const std::string& home) {
  std::string text = fmt::format("{} in {:.1f} s\n", printable(home), summary.seconds);
  if (summary.refused) {
    text += refusal_text(*summary.refused);
  }
  if (summary.deferred) {
    text += fmt::format("Nothing was changed, the run is deferred ({}): {}.\n",
                        name_of(*summary.deferred),
                        explain(*summary.deferred));
  }
  if (summary.number(OutcomeKind::compressed) +
          summary.number(OutcomeKind::recompressed) >
      0) {
    text += compressed_text(summary);
  } else if (!summary.refused && !summary.deferred && summary.outcomes.empty() &&
             !ended_early(summary)) {
    text += "Nothing to do.\n";
  }
  text += others_text(summary);
  if (!summary.skipped.empty()) {
    text += "skipped:\n" + reasons_text(summary.skipped, "  ");
  }
  return text;
}

std::string summary_line(const PassSummary& summary, const std::string& home) {
  const std::uint64_t compressed =
      summary.number(OutcomeKind::compressed) + summary.number(OutcomeKind::recompressed);
  std::uint64_t skipped = 0;
  for (const auto& [reason, count] : summary.skipped) {
    skipped += count;
  }
  std::string line = fmt::format("{}: {} compressed", printable(home), compressed);
  if (summary.bytes_before > 0) {
    line += fmt::format(", {} -> {}",
                        format_size(summary.bytes_before),
                        format_size(summary.bytes_after));
  }
  if (summary.not_freed_files > 0) {
    line += fmt::format("; {} retired files ({}) are left for the next run",
                        format_count(summary.not_freed_files),
                        format_size(summary.not_freed_bytes));
  }
  return line + fmt::format("; {} skipped, {} failed; exit {}, {:.1f} s",
                            skipped,
                            summary.number(OutcomeKind::failed),
                            summary.exit_code(),
                            summary.seconds);
}

} // namespace coldpress
