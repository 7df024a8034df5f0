#include "worker/cli/report/svg.hpp"

#include "fsutil/text.hpp"

namespace coldpress {

namespace {

// What a path is drawn in: its own units, stretched to the whole width.
constexpr double k_path_width = 1000;

std::string_view name_of(Svg::Anchor anchor) {
  switch (anchor) {
  case Svg::Anchor::start:
    return "start";
  case Svg::Anchor::middle:
    return "middle";
  case Svg::Anchor::end:
    break;
  }
  return "end";
}

} // namespace

std::string escaped(std::string_view text) {
  std::string safe;
  for (const char c : printable(text)) {
    switch (c) {
    case '&':
      safe += "&amp;";
      break;
    case '<':
      safe += "&lt;";
      break;
    case '>':
      safe += "&gt;";
      break;
    case '"':
      safe += "&quot;";
      break;
    case '\'':
      safe += "&#39;";
      break;
    default:
      safe += c;
    }
  }
  return safe;
}

Svg::Svg(std::string_view id,
         double height,
         std::string_view title,
         std::string_view description)
    : height_(height) {
  body_ = fmt::format(
      R"(<svg role="img" width="100%" height="{:.0f}" aria-labelledby="{}-t {}-d">)"
      R"(<title id="{}-t">{}</title><desc id="{}-d">{}</desc>)",
      height,
      id,
      id,
      id,
      escaped(title),
      id,
      escaped(description));
}

void Svg::rect(std::string_view css,
               Point corner,
               double width,
               double height,
               std::string_view tip) {
  if (width <= 0 || height <= 0) {
    return;
  }
  body_ += fmt::format(
      R"(<rect class="{}" x="{:.3f}%" y="{:.1f}" width="{:.3f}%" height="{:.1f}")",
      css,
      corner.x,
      corner.y,
      width,
      height);
  body_ += tip.empty() ? "/>" : fmt::format("><title>{}</title></rect>", escaped(tip));
}

void Svg::line(std::string_view css, Point from, Point to) {
  body_ += fmt::format(
      R"(<line class="{}" x1="{:.3f}%" y1="{:.1f}" x2="{:.3f}%" y2="{:.1f}"/>)",
      css,
      from.x,
      from.y,
      to.x,
      to.y);
}

void Svg::circle(std::string_view css, Point center, double radius) {
  body_ += fmt::format(R"(<circle class="{}" cx="{:.3f}%" cy="{:.1f}" r="{:.1f}"/>)",
                       css,
                       center.x,
                       center.y,
                       radius);
}

void Svg::path(std::string_view css, const std::vector<Point>& points) {
  body_ += fmt::format(R"(<svg width="100%" height="{:.0f}" viewBox="0 0 {:.0f} {:.0f}" )"
                       R"(preserveAspectRatio="none"><polyline class="{}" points=")",
                       height_,
                       k_path_width,
                       height_,
                       css);
  for (const Point& point : points) {
    body_ += fmt::format("{:.1f},{:.1f} ", point.x * k_path_width / 100, point.y);
  }
  body_ += R"("/></svg>)";
}

void Svg::text(std::string_view css, Point at, Anchor anchor, std::string_view text) {
  body_ +=
      fmt::format(R"(<text class="{}" x="{:.3f}%" y="{:.1f}" text-anchor="{}">{}</text>)",
                  css,
                  at.x,
                  at.y,
                  name_of(anchor),
                  escaped(text));
}

} // namespace coldpress
