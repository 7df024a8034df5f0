#pragma once

#include "fsutil/clock.hpp"

#include <string>
#include <string_view>

namespace coldpress {

// The parts of a page that every report has. The style is report_style.hpp's.

// Up to and with "<main>". Nothing may be fetched and nothing may run, whatever a name in
// the page says.
std::string page_head(const std::string& title);

// "2026-01-02 03:04 UTC"
std::string page_time(WallTime when);

// One figure among the largest: what it is, how much, and a word on it.
std::string tile(std::string_view what,
                 const std::string& value,
                 const std::string& more,
                 std::string_view css = {});

// `content` is HTML, the rest is text.
std::string page_section(std::string_view heading,
                         const std::string& says,
                         const std::string& content,
                         std::string_view css = {});

} // namespace coldpress
