#include "config/memory_bound.hpp"

#include <doctest/doctest.h>

using namespace coldpress;

TEST_CASE("limits.memory is no more than its group leaves beside the rest of a run") {
  constexpr std::uint64_t k_mib = 1U << 20U;
  CHECK(bounded_memory(600 * k_mib, {}) == 600 * k_mib);
  CHECK(bounded_memory(600 * k_mib, GroupMemory{1000 * k_mib, 900 * k_mib}) ==
        600 * k_mib);
  CHECK(bounded_memory(600 * k_mib, GroupMemory{1000 * k_mib, 300 * k_mib}) ==
        300 * k_mib - k_memory_besides);
  CHECK(bounded_memory(600 * k_mib, GroupMemory{1000 * k_mib, 0}) == 0);
}
