#pragma once

#include "worker/cli/report/view.hpp"

#include <string>

namespace coldpress {

// The figures of the page, each one SVG; empty where there is nothing to draw. Classes:
// packed (compressed), plain, saved, now and later (what could be freed), asis,
// compressed.

std::string projects_figure(const ReportView& view);
std::string ages_figure(const ReportView& view);
std::string savings_figure(const ReportView& view);
std::string growth_figure(const ReportView& view);
std::string outlook_figure(const ReportView& view);

// The largest projects and, as one, all others: what the first figure shows.
std::vector<UsageGroup> main_projects(const ReportView& view);

// All that the rollouts would be in plain form, cut into what is on the disk, what could
// be freed of it, and what was saved.
struct SavingsParts {
  std::uint64_t packed = 0; // .zst
  std::uint64_t stays = 0;  // plain, and no gain expected of it
  std::uint64_t now = 0;    // a run now would free it
  std::uint64_t later = 0;  // the other tree, and what is not cold yet
  std::uint64_t saved = 0;
  std::uint64_t sum() const { return packed + stays + now + later + saved; }
};
SavingsParts savings_parts(const ReportView& view);

} // namespace coldpress
