#pragma once

#include <cmath>
#include <concepts>
#include <cstdint>
#include <limits>

namespace coldpress {

// Sums of sizes. A length comes from outside: two files of 2^63 bytes must not add up to
// none. What does not fit is the largest number there is.
template <std::unsigned_integral T> constexpr T capped_sum(T a, T b) {
  return b > std::numeric_limits<T>::max() - a ? std::numeric_limits<T>::max() : a + b;
}

template <std::unsigned_integral T> constexpr void add_capped(T& sum, T more) {
  sum = capped_sum(sum, more);
}

// A size that was computed: rounded, not below 0 and not beyond what fits.
inline std::uint64_t capped_bytes(double bytes) {
  constexpr double k_beyond = 18446744073709551616.0; // 2^64
  if (!(bytes > 0)) {
    return 0;
  }
  const double rounded = std::round(bytes);
  return rounded >= k_beyond ? std::numeric_limits<std::uint64_t>::max()
                             : static_cast<std::uint64_t>(rounded);
}

} // namespace coldpress
