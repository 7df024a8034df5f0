#pragma once

#include "fsutil/result.hpp"

#include <fmt/format.h>

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace coldpress {

// "7d", "15s", "200ms", "1h30m", "0s"; units ms s m h d w. Not negative; at most 100
// years. Errc::invalid with a sentence in the context otherwise.
Result<std::chrono::milliseconds> parse_duration(std::string_view text);

// Exact, in the largest unit up to days that needs no second one: "7d", "36h", "200ms".
std::string format_duration(std::chrono::milliseconds duration);

// "4096", "8MiB", "1.5 GiB", "20MB"; units B, KB/MB/GB/TB (1000) and KiB/MiB/GiB/TiB
// (1024).
Result<std::uint64_t> parse_size(std::string_view text);

// For people: "812 B", "3.4 MiB".
std::string format_size(std::uint64_t bytes);

// "1,234,567"
std::string format_count(std::uint64_t count);

// The valid word nearest to what was typed, or empty if none is near.
std::string nearest(std::string_view typed, const std::vector<std::string>& words);

// Bytes of a path made safe for a terminal and for JSON: control bytes and bad UTF-8
// become \xNN. Valid text passes unchanged.
std::string printable(std::string_view bytes);

// RFC 3339 UTC with seconds: "2026-01-02T03:04:05Z".
std::string format_time(std::chrono::sys_time<std::chrono::nanoseconds> time);

// RFC 3339, with a fraction and an offset if it has them: "2026-01-02T03:04:05.5+01:00".
// Not before 1970 and not after 2200. Errc::invalid with a sentence in the context
// otherwise.
Result<std::chrono::sys_time<std::chrono::nanoseconds>> parse_time(std::string_view text);

} // namespace coldpress
