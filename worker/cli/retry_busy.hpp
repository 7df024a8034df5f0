#pragma once

#include <array>
#include <chrono>

namespace coldpress {

// How long run --retry-busy waits each time. Whoever holds the store is soon done; a
// timer comes again only in a day.
inline constexpr std::array k_busy_retries{std::chrono::minutes{5},
                                           std::chrono::minutes{10},
                                           std::chrono::minutes{20},
                                           std::chrono::minutes{20}};

} // namespace coldpress
