#include "worker/rollout/repeats.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <random>
#include <vector>

using namespace coldpress;

namespace {

constexpr std::size_t k_mebi = std::size_t{1} << 20U;

// Letters and digits, as base64 has them.
std::vector<std::byte> picture(unsigned seed, std::size_t size) {
  static constexpr char k_letters[] =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::mt19937 random(seed);
  std::vector<std::byte> bytes(size);
  for (std::byte& byte : bytes) {
    byte = static_cast<std::byte>(k_letters[random() % 64]);
  }
  return bytes;
}

void add(Repeats& repeats, const std::vector<std::byte>& bytes) {
  for (std::size_t at = 0; at < bytes.size(); at += k_mebi) {
    const std::size_t size = std::min(k_mebi, bytes.size() - at);
    repeats.add(std::span<const std::byte>(bytes).subspan(at, size));
  }
}

} // namespace

TEST_CASE("copies that lie 5 MiB apart need a window of 8 MiB, and no wider one") {
  Repeats repeats;
  const auto again = picture(1, 5 * k_mebi);
  for (int i = 0; i < 6; ++i) {
    add(repeats, again);
  }
  CHECK(repeats.smallest_window_log(20, 27, 8 * k_mebi) == 23);
}

TEST_CASE("copies that lie 20 MiB apart need a window of 32 MiB") {
  Repeats repeats;
  const auto again = picture(1, 20 * k_mebi);
  add(repeats, again);
  add(repeats, again);
  CHECK(repeats.smallest_window_log(20, 27, 20 * k_mebi) == 25);
}

TEST_CASE("bytes without copies gain nothing from any window") {
  Repeats repeats;
  add(repeats, picture(1, 12 * k_mebi));
  CHECK(repeats.smallest_window_log(20, 27, 0) == 20);
}

TEST_CASE("too few samples tell nothing") {
  Repeats repeats;
  CHECK_FALSE(repeats.smallest_window_log(20, 27, 0));
  add(repeats, picture(1, k_mebi / 4));
  CHECK_FALSE(repeats.smallest_window_log(20, 27, 0));
  add(repeats, std::vector<std::byte>(12 * k_mebi)); // zeros
  CHECK_FALSE(repeats.smallest_window_log(20, 27, 0));
}

TEST_CASE("pieces shorter than a sample are taken, and tell nothing") {
  Repeats repeats;
  const auto bytes = picture(1, 1000);
  for (std::size_t at = 0; at + 10 <= bytes.size(); at += 10) {
    repeats.add(std::span<const std::byte>(bytes).subspan(at, 10));
  }
  CHECK_FALSE(repeats.smallest_window_log(20, 27, 0));
}

TEST_CASE("what a window need not spell out is measured against what lies near") {
  Repeats repeats;
  const auto far = picture(1, 6 * k_mebi);
  add(repeats, far);
  add(repeats, far);                    // a copy 6 MiB back
  add(repeats, picture(2, 6 * k_mebi)); // none
  const auto share = repeats.fresh_share(18, 23, 0, 18 * k_mebi);
  REQUIRE(share.has_value());
  CHECK(*share == doctest::Approx(2.0 / 3).epsilon(0.1));
  CHECK(repeats.fresh_share(18, 22, 0, 18 * k_mebi) == doctest::Approx(1));
  CHECK(*repeats.fresh_share(18, 23, 6 * k_mebi, 12 * k_mebi) < 0.01);
  CHECK_FALSE(repeats.fresh_share(23, 27, 6 * k_mebi, 12 * k_mebi)); // all of it is near
}
