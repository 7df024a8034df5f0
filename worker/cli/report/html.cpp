#include "fsutil/capped.hpp"
#include "fsutil/text.hpp"
#include "worker/cli/page.hpp"
#include "worker/cli/report/figures.hpp"
#include "worker/cli/report/svg.hpp"
#include "worker/cli/report/tables.hpp"

#include <algorithm>

namespace coldpress {

namespace {

std::string tiles(const ReportView& view) {
  constexpr double k_soon = 60; // days
  const Survey& survey = view.survey;
  const auto left = days_left_as_it_is(survey.outlook);
  const bool grows = survey.growth.bytes_per_day > 0;
  return R"(<dl class="tiles">)" +
         tile("On disk",
              format_size(view.total.bytes),
              format_size(view.total.plain_bytes) + " in plain form") +
         tile("Saved so far",
              format_size(view.total.saved_bytes),
              percent_text(view.total.saved_bytes, view.total.plain_bytes) +
                  " of the plain size") +
         tile("A run now would free",
              format_size(survey.as_set.freed),
              survey.as_set.rollouts == 0
                  ? "nothing can be compressed now"
                  : fmt::format("or more, of {} rollouts",
                                format_count(survey.as_set.rollouts))) +
         tile("Disk full in",
              !grows ? "no rate"
              : left ? days_text(left)
                     : "over 100 years",
              format_size(survey.space.available) + " are free now",
              grows && left && *left < k_soon ? "alarm" : "") +
         "</dl>\n";
}

std::string header(const ReportView& view) {
  return fmt::format(R"(<header><p class="eyebrow">coldpress report</p><h1>{}</h1>)"
                     "<p>{}, {} rollouts</p></header>\n",
                     escaped(view.survey.home),
                     page_time(view.survey.now),
                     format_count(view.total.rollouts));
}

struct Key {
  std::string_view css;
  std::string_view what;
  std::string value{};
};

// With values it is a list, one below the other.
std::string legend(const std::vector<Key>& keys) {
  const bool values = !keys.front().value.empty();
  std::string html = fmt::format(R"(<ul class="legend{}">)", values ? " list" : "");
  for (const Key& key : keys) {
    html += fmt::format(
        R"(<li><svg width="14" height="14" aria-hidden="true"><rect class="{}" )"
        R"(x="1" y="1" width="12" height="12" rx="2"/></svg><span>{}</span>{}</li>)",
        key.css,
        escaped(key.what),
        key.value.empty() ? "" : fmt::format("<b>{}</b>", escaped(key.value)));
  }
  return html + "</ul>";
}

std::string line_legend(const std::vector<Key>& keys) {
  std::string html = R"(<ul class="legend list">)";
  for (const Key& key : keys) {
    html += fmt::format(R"(<li><svg width="28" height="10" aria-hidden="true">)"
                        R"(<polyline class="{}" points="0,5 28,5"/></svg>)"
                        R"(<span>{}</span><b>{}</b></li>)",
                        key.css,
                        escaped(key.what),
                        escaped(key.value));
  }
  return html + "</ul>";
}

std::string numbers(const std::string& table) {
  return "<details><summary>Numbers</summary>" + table + "</details>";
}

const std::vector<Key> k_forms{
    {"packed", "compressed"}, {"plain", "plain"}, {"saved", "saved by compression"}};

std::string projects_section(const ReportView& view) {
  const std::vector<UsageGroup>& all = view.groups.at(Dimension::project);
  if (all.empty()) {
    return page_section("Projects", "There are no rollouts yet.", "", "full");
  }
  const UsageGroup& first = all.front();
  return page_section("Projects",
                      fmt::format("{} takes {} of the disk usage, {} of {}.",
                                  printable(first.name),
                                  percent_text(first.bytes, view.total.bytes),
                                  format_size(first.bytes),
                                  format_size(view.total.bytes)),
                      projects_figure(view) + legend(k_forms) +
                          numbers(groups_table("Project", all, "path")),
                      "full");
}

std::string ages_section(const ReportView& view) {
  const std::vector<UsageGroup>& ages = view.groups.at(Dimension::age);
  std::uint64_t young = 0;
  for (std::size_t nth = 0; nth < 2 && nth < ages.size(); ++nth) {
    add_capped(young, ages[nth].bytes);
  }
  const std::uint64_t old = view.total.bytes - std::min(young, view.total.bytes);
  return page_section(
      "Age",
      fmt::format("{} on disk, {} of all, was last changed more than 7 days "
                  "ago.",
                  format_size(old),
                  percent_text(old, view.total.bytes)),
      ages_figure(view) + legend(k_forms) + numbers(groups_table("Age", ages)));
}

std::string savings_section(const ReportView& view) {
  const SavingsParts parts = savings_parts(view);
  std::string says =
      fmt::format("In plain form all rollouts would take {}.", format_size(parts.sum()));
  if (parts.now + parts.later > 0) {
    says += " What could be freed is estimated from samples, on the low side.";
  }
  return page_section("Savings",
                      says,
                      savings_figure(view) +
                          legend({{"packed", "compressed", format_size(parts.packed)},
                                  {"plain", "stays plain", format_size(parts.stays)},
                                  {"now", "a run now would free", format_size(parts.now)},
                                  {"later",
                                   "freed once cold, or with the other tree",
                                   format_size(parts.later)},
                                  {"saved", "saved so far", format_size(parts.saved)}}));
}

std::string growth_section(const ReportView& view) {
  const Growth& growth = view.survey.growth;
  const std::string figure = growth_figure(view);
  return page_section(
      "Growth",
      fmt::format("About {} a day in plain form, over {}. What was "
                  "deleted since is not counted, so more may have been written.",
                  format_size(capped_bytes(growth.bytes_per_day)),
                  last_days_text(growth.over_days)),
      figure.empty()
          ? "<p>Nothing was written in these days.</p>"
          : figure +
                line_legend({{"mean",
                              "mean of a day",
                              format_size(capped_bytes(growth.bytes_per_day))}}) +
                numbers(growth_table(growth)));
}

std::string outlook_section(const ReportView& view) {
  const Survey& survey = view.survey;
  const std::string figure = outlook_figure(view);
  return page_section(
      "Free disk space",
      outlook_text(survey),
      figure.empty()
          ? ""
          : figure +
                line_legend({{"asis",
                              "as it is, full in",
                              days_text(days_left_as_it_is(survey.outlook))},
                             {"compressed",
                              "if compressed once cold, full in",
                              days_text(days_left_if_compressed(survey.outlook))}}) +
                numbers(outlook_table(survey)));
}

std::string group_section(const ReportView& view,
                          Dimension dimension,
                          std::string_view heading,
                          const std::string& says) {
  std::vector<UsageGroup> groups = view.groups.at(dimension);
  std::erase_if(groups, [](const UsageGroup& group) { return group.bytes == 0; });
  return page_section(heading, says, groups_table(heading, groups));
}

std::string footer(const ReportView& view) {
  std::string html = "<footer><p>Sizes are lengths of files; GiB and MiB are powers of "
                     "1024. Ages go by the last change, days are UTC.</p>";
  if (view.total.size_unknown > 0) {
    html += fmt::format("<p>{} compressed rollouts do not record their plain length: "
                        "they count as if nothing was saved.</p>",
                        format_count(view.total.size_unknown));
  }
  if (view.survey.not_looked_into > 0) {
    html += fmt::format("<p>{} compressed rollouts were not opened, for lack of time: "
                        "their project is unknown.</p>",
                        format_count(view.survey.not_looked_into));
  }
  return html + "<p>This page names your projects. It contains no text of any session, "
                "runs no script and fetches nothing.</p></footer>\n";
}

} // namespace

std::string report_html(const ReportView& view) {
  std::string html = page_head("coldpress report: " + printable(view.survey.home)) +
                     header(view) + tiles(view) + R"(<div class="grid">)";
  html += projects_section(view) + savings_section(view) + ages_section(view) +
          growth_section(view) + outlook_section(view);
  html += group_section(
      view, Dimension::source, "Source", "What began the session, by its first record.");
  html += group_section(
      view, Dimension::size, "Size", "How long the rollouts are in plain form.");
  html +=
      group_section(view,
                    Dimension::form,
                    "Form",
                    "compressed: by coldpress. others: compressed without a checksum, "
                    "as Codex does. retired: set aside, about to go.");
  html += group_section(
      view, Dimension::tree, "Tree", "Where Codex keeps them: archived or active.");
  html += page_section("The largest rollouts",
                       "By their room on the disk.",
                       largest_table(view.largest),
                       "full");
  return html + "</div>\n" + footer(view) + "</main></body></html>\n";
}

} // namespace coldpress
