#include "worker/cli/report/figures.hpp"

#include "fsutil/capped.hpp"
#include "fsutil/text.hpp"
#include "worker/cli/report/svg.hpp"

#include <algorithm>
#include <array>
#include <cmath>

namespace coldpress {

namespace {

using Anchor = Svg::Anchor;

constexpr std::size_t k_projects = 12;
constexpr std::size_t k_wide_label = 84;
constexpr std::size_t k_narrow_label = 26;

double percent(double part, double whole) {
  return whole > 0 ? 100.0 * part / whole : 0;
}

double number(std::uint64_t bytes) {
  return static_cast<double>(bytes);
}

// The end of a path says more than its beginning.
std::string shortened(const std::string& text, std::size_t most) {
  const std::string shown = printable(text);
  if (shown.size() <= most) {
    return shown;
  }
  std::size_t from = shown.size() - (most - 1);
  while (from < shown.size() &&
         (static_cast<unsigned char>(shown[from]) & 0xC0U) == 0x80) {
    ++from; // not into the middle of a letter
  }
  return "…" + shown.substr(from);
}

std::string tip_of(const UsageGroup& group) {
  return fmt::format("{}: {} rollouts, {} on disk ({} compressed, {} plain), {} saved",
                     printable(group.name),
                     format_count(group.rollouts),
                     format_size(group.bytes),
                     format_size(group.bytes_compressed),
                     format_size(group.bytes_plain),
                     format_size(group.saved_bytes));
}

double whole_of(const UsageGroup& group) {
  return number(group.bytes) + number(group.saved_bytes);
}

double largest_whole(const std::vector<UsageGroup>& groups) {
  double most = 0;
  for (const UsageGroup& group : groups) {
    most = std::max(most, whole_of(group));
  }
  return most;
}

// 1, 2 or 5 and zeros, of the unit that fits: what an axis may end at.
double round_up(double bytes) {
  constexpr double k_unit = 1024;
  double unit = 1;
  while (bytes / unit >= k_unit) {
    unit *= k_unit;
  }
  for (double step = 1; step < 1e4; step *= 10) {
    for (const double times : {1.0, 2.0, 5.0}) {
      if (bytes <= times * step * unit) {
        return times * step * unit;
      }
    }
  }
  return bytes;
}

std::string size_text(double bytes) {
  return format_size(capped_bytes(bytes));
}

// "50 MiB": what an axis says needs no fractions.
std::string tick_text(double bytes) {
  std::string text = size_text(bytes);
  if (const auto at = text.find(".0 "); at != std::string::npos) {
    text.erase(at, 2);
  }
  return text;
}

constexpr std::array k_scale_parts{0.5, 1.0};

// Lines across, and below all that is drawn; from `top` for `most` to `bottom`.
void draw_grid(Svg& svg, double top, double bottom) {
  for (const double part : k_scale_parts) {
    const double y = bottom - part * (bottom - top);
    svg.line("grid", {0, y}, {100, y});
  }
  svg.line("axis", {0, bottom}, {100, bottom});
}

// What these lines stand for, above them and all that is drawn.
void draw_scale(Svg& svg, double top, double bottom, double most) {
  for (const double part : k_scale_parts) {
    const double y = bottom - part * (bottom - top);
    svg.text("tick", {0, y - 5}, Anchor::start, tick_text(part * most));
  }
}

std::string short_band(std::string name) {
  const auto replace = [&name](std::string_view from, std::string_view to) {
    if (const auto at = name.find(from); at != std::string::npos) {
      name.replace(at, from.size(), to);
    }
  };
  replace("under ", "< ");
  replace("over ", "> ");
  replace(" to ", "–");
  return name;
}

std::string day_text(std::chrono::sys_days date) {
  return format_time(date).substr(5, 5); // "11-25"
}

} // namespace

std::vector<UsageGroup> main_projects(const ReportView& view) {
  const std::vector<UsageGroup>& all = view.groups.at(Dimension::project);
  const std::size_t shown = all.size() <= k_projects + 1 ? all.size() : k_projects;
  std::vector<UsageGroup> groups(all.begin(),
                                 all.begin() + static_cast<std::ptrdiff_t>(shown));
  if (shown == all.size()) {
    return groups;
  }
  UsageGroup others;
  others.name = fmt::format("{} other projects", format_count(all.size() - shown));
  for (std::size_t nth = shown; nth < all.size(); ++nth) {
    const UsageGroup& each = all[nth];
    others.rollouts += each.rollouts;
    add_capped(others.bytes, each.bytes);
    add_capped(others.bytes_plain, each.bytes_plain);
    add_capped(others.bytes_compressed, each.bytes_compressed);
    add_capped(others.plain_bytes, each.plain_bytes);
    add_capped(others.saved_bytes, each.saved_bytes);
    others.size_unknown += each.size_unknown;
  }
  groups.push_back(std::move(others));
  return groups;
}

std::string projects_figure(const ReportView& view) {
  constexpr double k_row = 40;
  constexpr double k_bar = 13;
  const std::vector<UsageGroup> groups = main_projects(view);
  const double most = largest_whole(groups);
  if (most <= 0) {
    return {};
  }
  Svg svg("projects",
          k_row * number(groups.size()),
          "Disk usage by project",
          "One bar for each project: compressed rollouts, plain rollouts, and what "
          "compression has saved. The numbers are in the table below it.");
  double y = 0;
  for (const UsageGroup& group : groups) {
    const std::string tip = tip_of(group);
    svg.text(
        "name wide", {0, y + 14}, Anchor::start, shortened(group.name, k_wide_label));
    svg.text(
        "name narrow", {0, y + 14}, Anchor::start, shortened(group.name, k_narrow_label));
    svg.text("value", {100, y + 14}, Anchor::end, format_size(group.bytes));
    const double packed = percent(number(group.bytes_compressed), most);
    const double plain = percent(number(group.bytes_plain), most);
    const double saved = percent(number(group.saved_bytes), most);
    svg.rect("packed", {0, y + 20}, packed, k_bar, tip);
    svg.rect("plain", {packed, y + 20}, plain, k_bar, tip);
    svg.rect("saved", {packed + plain, y + 20}, saved, k_bar, tip);
    y += k_row;
  }
  return svg.str();
}

std::string ages_figure(const ReportView& view) {
  constexpr double k_top = 24;
  constexpr double k_bottom = 210;
  const std::vector<UsageGroup>& groups = view.groups.at(Dimension::age);
  const double largest = largest_whole(groups);
  if (largest <= 0) {
    return {};
  }
  const double most = round_up(largest);
  Svg svg("ages",
          k_bottom + 26,
          "Disk usage by age",
          "One column for each band of age, by the last change: compressed, plain, and "
          "saved. The numbers are in the table below it.");
  draw_grid(svg, k_top, k_bottom);
  const double step = 100.0 / number(groups.size());
  double x = 0;
  for (const UsageGroup& group : groups) {
    const double scale = (k_bottom - k_top) / most;
    double y = k_bottom;
    const auto stack = [&](std::string_view css, std::uint64_t bytes) {
      const double height = number(bytes) * scale;
      y -= height;
      svg.rect(css, {x + step * 0.22, y}, step * 0.56, height, tip_of(group));
    };
    stack("packed", group.bytes_compressed);
    stack("plain", group.bytes_plain);
    stack("saved", group.saved_bytes);
    const Svg::Point below{x + step / 2, k_bottom + 18};
    const std::string band = short_band(group.name);
    svg.text("tick wide", below, Anchor::middle, band);
    svg.text("tick narrow", below, Anchor::middle, band.substr(0, band.rfind(' ')));
    x += step;
  }
  draw_scale(svg, k_top, k_bottom, most);
  return svg.str();
}

SavingsParts savings_parts(const ReportView& view) {
  std::uint64_t plain = 0;
  for (const UsageGroup& form : view.groups.at(Dimension::form)) {
    plain += form.name == name_of(UsageForm::plain) ? form.bytes : 0;
  }
  SavingsParts parts;
  parts.packed = view.total.bytes_compressed;
  parts.saved = view.total.saved_bytes;
  parts.now = std::min(view.survey.as_set.freed, plain);
  parts.later = std::min(view.survey.all.freed, plain) - parts.now;
  parts.stays = plain - parts.now - parts.later;
  return parts;
}

std::string savings_figure(const ReportView& view) {
  constexpr double k_bar = 46;
  const SavingsParts parts = savings_parts(view);
  const double whole = number(parts.sum());
  if (whole <= 0) {
    return {};
  }
  Svg svg("savings",
          k_bar + 24,
          "What compressing has saved and could save",
          "One bar as long as all rollouts in plain form: what is compressed, what stays "
          "plain, what could be freed now and later, and what was saved.");
  double x = 0;
  const auto add = [&](std::string_view css, std::uint64_t bytes, const char* what) {
    const double width = percent(number(bytes), whole);
    svg.rect(css, {x, 0}, width, k_bar, fmt::format("{}: {}", what, format_size(bytes)));
    x += width;
  };
  add("packed", parts.packed, "compressed");
  add("plain", parts.stays, "stays plain");
  add("now", parts.now, "a run now would free");
  add("later", parts.later, "could be freed later");
  add("saved", parts.saved, "saved so far");
  svg.text("tick", {0, k_bar + 18}, Anchor::start, "0");
  svg.text("tick",
           {100, k_bar + 18},
           Anchor::end,
           format_size(parts.sum()) + " in plain form");
  return svg.str();
}

std::string growth_figure(const ReportView& view) {
  constexpr double k_top = 24;
  constexpr double k_bottom = 200;
  const Growth& growth = view.survey.growth;
  double most = 0;
  for (const Growth::Day& day : growth.days) {
    most = std::max(most, number(day.bytes));
  }
  if (most <= 0) {
    return {};
  }
  most = round_up(most);
  Svg svg("growth",
          k_bottom + 26,
          "Bytes written per day",
          "One column for each of the last 30 days, in plain form, and a line for their "
          "mean. The numbers are in the table below it.");
  draw_grid(svg, k_top, k_bottom);
  const double scale = (k_bottom - k_top) / most;
  const double step = 100.0 / number(growth.days.size());
  for (std::size_t nth = 0; nth < growth.days.size(); ++nth) {
    const Growth::Day& day = growth.days[nth];
    const double x = step * number(nth);
    const double height = number(day.bytes) * scale;
    svg.rect("plain",
             {x + step * 0.14, k_bottom - height},
             step * 0.72,
             height,
             day_text(day.date) + ": " + format_size(day.bytes));
    const bool last = nth + 1 == growth.days.size();
    if (nth == 0 || last || nth == 10 || nth == 20) {
      svg.text("tick",
               {nth == 0 ? 0
                : last   ? 100
                         : x + step / 2,
                k_bottom + 18},
               nth == 0 ? Anchor::start
               : last   ? Anchor::end
                        : Anchor::middle,
               last ? "today" : day_text(day.date));
    }
  }
  const double mean = k_bottom - std::min(growth.bytes_per_day, most) * scale;
  svg.line("mean", {0, mean}, {100, mean});
  draw_scale(svg, k_top, k_bottom, most);
  return svg.str();
}

namespace {

// How far ahead to look: so that both ends can be seen, if the second is not too far.
double horizon_of(const Outlook& outlook) {
  constexpr double k_least = 14;
  constexpr double k_most = 3650;
  const auto first = days_left_as_it_is(outlook);
  const auto second = days_left_if_compressed(outlook);
  double days = first.value_or(365);
  days = second && *second < 4 * days ? std::max(days, *second) : 2 * days;
  return std::clamp(days * 1.1, k_least, k_most);
}

} // namespace

std::string outlook_figure(const ReportView& view) {
  constexpr double k_top = 24;
  constexpr double k_bottom = 200;
  constexpr int k_pieces = 120;
  const Outlook& outlook = view.survey.outlook;
  if (outlook.bytes_per_day <= 0 || outlook.free == 0) {
    return {};
  }
  const double horizon = horizon_of(outlook);
  const double free = number(outlook.free);
  const double most = round_up(free + number(outlook.gain_all));
  const auto y_of = [&](double growth) {
    return k_bottom - std::clamp((free - growth) / most, 0.0, 1.0) * (k_bottom - k_top);
  };
  std::vector<Svg::Point> as_it_is;
  std::vector<Svg::Point> compressed;
  for (int piece = 0; piece <= k_pieces; ++piece) {
    const double days = horizon * piece / k_pieces;
    const double x = 100.0 * piece / k_pieces;
    as_it_is.push_back({x, y_of(growth_as_it_is(outlook, days))});
    compressed.push_back({x, y_of(growth_if_compressed(outlook, days))});
  }
  Svg svg("outlook",
          k_bottom + 26,
          "Free disk space from today on",
          outlook_text(view.survey));
  draw_grid(svg, k_top, k_bottom);
  svg.path("asis", as_it_is);
  svg.path("compressed", compressed);
  const auto mark = [&](std::string_view css, const std::optional<double>& days) {
    if (days && *days <= horizon) {
      svg.circle(css, {100 * *days / horizon, k_bottom}, 4.5);
    }
  };
  mark("asis", days_left_as_it_is(outlook));
  mark("compressed", days_left_if_compressed(outlook));
  svg.text("tick", {0, k_bottom + 18}, Anchor::start, "today");
  svg.text("tick", {50, k_bottom + 18}, Anchor::middle, "in " + days_text(horizon / 2));
  svg.text("tick", {100, k_bottom + 18}, Anchor::end, "in " + days_text(horizon));
  draw_scale(svg, k_top, k_bottom, most);
  return svg.str();
}

} // namespace coldpress
