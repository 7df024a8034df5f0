#include "worker/cli/report/tables.hpp"

#include "fsutil/capped.hpp"
#include "fsutil/text.hpp"
#include "worker/cli/report/svg.hpp"

#include <array>

namespace coldpress {

namespace {

std::string number_cell(const std::string& text, std::string_view more = {}) {
  return fmt::format(R"(<td class="num{}">{}</td>)", more, escaped(text));
}

std::string head(std::string_view first, std::string_view rest) {
  return fmt::format(R"(<table><thead><tr><th scope="col">{}</th>{}</tr></thead><tbody>)",
                     escaped(first),
                     rest);
}

constexpr std::string_view k_end = "</tbody></table>";

} // namespace

std::string groups_table(std::string_view what,
                         const std::vector<UsageGroup>& groups,
                         std::string_view css) {
  std::string html = head(what,
                          R"(<th scope="col" class="num">Rollouts</th>)"
                          R"(<th scope="col" class="num">On disk</th>)"
                          R"(<th scope="col" class="num opt">Compressed</th>)"
                          R"(<th scope="col" class="num opt">Plain</th>)"
                          R"(<th scope="col" class="num">Saved</th>)");
  for (const UsageGroup& group : groups) {
    html += fmt::format(
                R"(<tr><th scope="row" class="{}">{}</th>)", css, escaped(group.name)) +
            number_cell(format_count(group.rollouts)) +
            number_cell(format_size(group.bytes)) +
            number_cell(format_size(group.bytes_compressed), " opt") +
            number_cell(format_size(group.bytes_plain), " opt") +
            number_cell(format_size(group.saved_bytes)) + "</tr>";
  }
  return html.append(k_end);
}

std::string growth_table(const Growth& growth) {
  std::string html = head("Day (UTC)", R"(<th scope="col" class="num">Written</th>)");
  for (auto day = growth.days.rbegin(); day != growth.days.rend(); ++day) {
    html += fmt::format(R"(<tr><th scope="row">{}</th>)",
                        format_time(day->date).substr(0, 10)) +
            number_cell(format_size(day->bytes)) + "</tr>";
  }
  return html.append(k_end);
}

std::string outlook_table(const Survey& survey) {
  std::string html = head("In",
                          R"(<th scope="col" class="num">Free, as it is</th>)"
                          R"(<th scope="col" class="num">Free, if compressed</th>)");
  const auto free_after = [&survey](double growth) {
    const double free = static_cast<double>(survey.outlook.free) - growth;
    return free <= 0 ? std::string("full") : format_size(capped_bytes(free));
  };
  constexpr std::array k_looks{0, 7, 30, 90, 180, 365, 730};
  for (const int days : k_looks) {
    html += fmt::format(R"(<tr><th scope="row">{}</th>)",
                        days == 0 ? "now" : fmt::format("{} days", days)) +
            number_cell(free_after(growth_as_it_is(survey.outlook, days))) +
            number_cell(free_after(growth_if_compressed(survey.outlook, days))) + "</tr>";
  }
  return html.append(k_end);
}

std::string largest_table(const std::vector<UsageFile>& files) {
  std::string html = head("Rollout",
                          R"(<th scope="col" class="opt">Project</th>)"
                          R"(<th scope="col" class="opt">Form</th>)"
                          R"(<th scope="col" class="num">On disk</th>)"
                          R"(<th scope="col" class="num opt">Plain</th>)");
  for (const UsageFile& file : files) {
    html += fmt::format(R"(<tr><th scope="row" class="path">{}</th>)"
                        R"(<td class="opt path">{}</td><td class="opt">{}</td>)",
                        escaped(file.rollout),
                        escaped(file.project),
                        escaped(name_of(file.form))) +
            number_cell(format_size(file.bytes)) +
            number_cell(file.plain ? format_size(*file.plain) : "", " opt") + "</tr>";
  }
  return html.append(k_end);
}

} // namespace coldpress
