#include "fsutil/capped.hpp"

#include <doctest/doctest.h>

using namespace coldpress;

TEST_CASE("a sum of sizes does not wrap") {
  constexpr std::uint64_t k_most = std::numeric_limits<std::uint64_t>::max();
  constexpr std::uint64_t k_huge = std::uint64_t{1} << 63U;
  static_assert(capped_sum<std::uint64_t>(1, 2) == 3);
  static_assert(capped_sum(k_huge, k_huge - 1) == k_most);
  static_assert(capped_sum(k_huge, k_huge) == k_most);
  std::uint64_t sum = 0;
  for (int nth = 0; nth < 3; ++nth) {
    add_capped(sum, k_huge);
  }
  add_capped(sum, std::uint64_t{20'000});
  CHECK(sum == k_most);
}

TEST_CASE("a computed size is rounded and fits") {
  CHECK(capped_bytes(-1) == 0);
  CHECK(capped_bytes(2.5) == 3);
  CHECK(capped_bytes(1e30) == std::numeric_limits<std::uint64_t>::max());
  CHECK(capped_bytes(std::numeric_limits<double>::quiet_NaN()) == 0);
  CHECK(capped_bytes(9.3e18) == 9'300'000'000'000'000'000U);
}
