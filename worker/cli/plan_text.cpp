#include "worker/cli/plan_text.hpp"

#include "fsutil/capped.hpp"
#include "fsutil/text.hpp"
#include "worker/cli/summary_text.hpp"
#include "worker/cli/table.hpp"

#include <algorithm>

namespace coldpress {

namespace {

constexpr std::size_t k_shown = 20;

std::string age_text(WallTime mtime, WallTime now) {
  const auto days = std::chrono::duration_cast<std::chrono::days>(now - mtime);
  return fmt::format("{} d", days.count());
}

std::uint64_t files_to_compress(const std::vector<Decision>& decisions) {
  return static_cast<std::uint64_t>(
      std::count_if(decisions.begin(), decisions.end(), [](const Decision& decision) {
        return decision.reason == Reason::cold;
      }));
}

std::uint64_t plain_files(const std::vector<Decision>& decisions) {
  return static_cast<std::uint64_t>(
      std::count_if(decisions.begin(), decisions.end(), [](const Decision& decision) {
        return decision.candidate.form == Form::plain;
      }));
}

std::string weak_text(const std::vector<Decision>& decisions) {
  std::uint64_t files = 0;
  std::uint64_t bytes = 0;
  for (const Decision& decision : decisions) {
    if (decision.action == Action::compress &&
        decision.candidate.form == Form::compressed) {
      files += 1;
      add_capped(bytes, decision.candidate.allocated);
    }
  }
  return files == 0
             ? ""
             : fmt::format("to recompress: {} .zst without a checksum, {} on disk\n",
                           format_count(files),
                           format_size(bytes));
}

std::string gain_text(const Estimate& gain) {
  const std::uint64_t freed =
      gain.total_before - std::min(gain.total_before, gain.total_after);
  return fmt::format("{}; compressing them frees about {} or more",
                     format_size(gain.total_before),
                     format_size(freed));
}

// How it would be compressed; in full where there is room.
std::string frame_text(const Forecast& forecast, bool in_full) {
  const FrameChoice& choice = forecast.choice;
  return in_full
             ? choice.why
             : fmt::format("level {}, 2^{}", choice.frame.level, choice.frame.window_log);
}

std::string decisions_text(const PlanView& view) {
  Table table(
      {Align::right, Align::right, Align::right, Align::left, Align::left, Align::left});
  table.add({"size", "becomes", "age", "", "frame", "rollout"});
  std::size_t more = 0;
  for (const Decision& decision : view.seen.plan.decisions) {
    const bool compress = decision.action == Action::compress;
    if (!view.all && (!compress || table.rows() > k_shown)) {
      more += compress ? 1 : 0;
      continue;
    }
    const auto forecast = view.gain.by_rollout.find(decision.candidate.rollout);
    const bool known = forecast != view.gain.by_rollout.end();
    table.add({format_size(decision.candidate.stamp.size),
               known ? format_size(forecast->second.bytes_after) : "",
               age_text(decision.candidate.stamp.mtime, view.now),
               decision.reason == Reason::cold ? "compress"
                                               : std::string(name_of(decision.reason)),
               known ? frame_text(forecast->second, view.all) : "",
               printable(decision.candidate.rollout)});
  }
  std::string text = table.rows() > 1 ? table.text("  ") : "";
  if (more > 0) {
    text +=
        fmt::format("  ... and {} more (--all shows every one)\n", format_count(more));
  }
  return text;
}

std::string skipped_text(const std::vector<Decision>& decisions) {
  std::map<Reason, std::uint64_t> skipped;
  for (const Decision& decision : decisions) {
    if (decision.action == Action::skip) {
      skipped[decision.reason] += 1;
    }
  }
  return skipped.empty() ? "" : "skipped:\n" + reasons_text(skipped, "  ");
}

std::string beyond_text(const PlanView& view) {
  const auto& beyond = view.seen.plan.beyond_roots;
  const std::uint64_t files = files_to_compress(beyond);
  if (files == 0) {
    return {};
  }
  return fmt::format(
      "not included: {} more, {}, in the {} tree; --roots archived,active\n",
      name_of(beyond.front().candidate.root),
      format_count(files),
      gain_text(view.gain_beyond));
}

std::string not_local_text(const Inventory& found) {
  std::string text;
  for (const Root root : {Root::archived, Root::active}) {
    const std::string& type = found.not_local.at(static_cast<std::size_t>(root));
    if (!type.empty()) {
      text += fmt::format("{}/: file system {} is not known to be local, so writers on "
                          "other machines are not detected: {}\n",
                          tree_name(root),
                          printable(type),
                          root == Root::active
                              ? "left alone, see scan.active_without_lease"
                              : "retired plain files are kept for the long grace period");
    }
  }
  return text;
}

} // namespace

std::string plan_text(const PlanView& view) {
  const Plan& plan = view.seen.plan;
  const Inventory& found = view.seen.found;
  const std::uint64_t files = files_to_compress(plan.decisions);
  std::string text = fmt::format("{}: {} of {} rollouts to compress{}\n",
                                 printable(view.store.home),
                                 format_count(files),
                                 format_count(plain_files(plan.decisions)),
                                 files > 0 ? ", " + gain_text(view.gain) : "");
  if (!view.brief) {
    text += decisions_text(view);
  }
  if (plan.refused) {
    text += refusal_text(*plan.refused);
  }
  text += weak_text(plan.decisions) + skipped_text(plan.decisions) + beyond_text(view);
  text += not_local_text(found);
  if (found.compressed_files > 0) {
    text += fmt::format("compressed already: {} rollouts, {} on disk\n",
                        format_count(found.compressed_files),
                        format_size(found.compressed_allocated));
  }
  const std::size_t leftovers = found.leftovers.size() + found.parts.size();
  if (leftovers > 0) {
    text +=
        fmt::format("leftovers of an interrupted run: {}; run and sweep clean them up\n",
                    format_count(leftovers));
  }
  if (!view.store.has_trees) {
    text += "Codex has saved no session there yet.\n";
  }
  return text;
}

} // namespace coldpress
