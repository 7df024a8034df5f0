#pragma once

#include "fsutil/fs.hpp"

#include <string>
#include <string_view>

namespace coldpress {

// In the head of every page of ours: what a later report may replace.
inline constexpr std::string_view k_page_mark =
    R"(<meta name="generator" content="coldpress report">)";

// Writes a page that holds k_page_mark, mode 0600. Replaces an older page of ours in one
// step. Errc::invalid if something else has that name.
Result<void> write_page(Fs& fs, const std::string& path, std::string_view page);

// The page where --html says: to that file, and a note says so; "-" is standard output.
Result<void> put_page(Fs& fs, const std::string& path, std::string_view page);

// Errc::invalid if --json and --html - were both to be on standard output.
Result<void> check_page_place(bool json, const std::string& path);

} // namespace coldpress
