#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace coldpress::history {

// Lines from here on are thinned before they are parsed.
inline constexpr std::size_t k_thick_line = std::size_t{256} << 10U;

// Copies a JSON line without what is never read: of each long string of image data (a
// data URL, base64) the first bytes, of each other long string k_longest_text. What is
// cut off is checked to be UTF-8 and free of control characters. False if the line cannot
// be JSON. `cut` says whether text was lost, image data aside.
bool thin_line(std::string_view line, std::string& into, bool& cut);

// Copies a JSON line with ".0" behind each integer too long for 64 bits: others read such
// a number as a float, simdjson refuses the line.
void widen_integers(std::string_view line, std::string& into);

} // namespace coldpress::history
