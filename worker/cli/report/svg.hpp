#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace coldpress {

// printable(), and safe in HTML and SVG: as content and within double quotes.
std::string escaped(std::string_view text);

// A drawing that fills the width of its place. x and widths are percent of that, y and
// heights pixels: so it is never scaled, and letters are as large on a phone as on a
// desk. Colours come from the page's style, by class. All text is escaped here.
class Svg {
public:
  enum class Anchor : std::uint8_t { start, middle, end };
  struct Point {
    double x = 0; // percent
    double y = 0; // pixels
  };

  // `id` is its own in the page. Title and description are for those who do not see it.
  Svg(std::string_view id,
      double height,
      std::string_view title,
      std::string_view description);

  // `tip`: shown by a pointer that rests there.
  void rect(std::string_view css,
            Point corner,
            double width,
            double height,
            std::string_view tip = {});
  void line(std::string_view css, Point from, Point to);
  void circle(std::string_view css, Point center, double radius);
  // Straight lines from point to point.
  void path(std::string_view css, const std::vector<Point>& points);
  void text(std::string_view css, Point at, Anchor anchor, std::string_view text);

  std::string str() const { return body_ + "</svg>"; }

private:
  std::string body_;
  double height_;
};

} // namespace coldpress
