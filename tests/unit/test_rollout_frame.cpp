#include "worker/rollout/frame.hpp"

#include <doctest/doctest.h>

#include <initializer_list>
#include <vector>

using namespace coldpress;

namespace {

constexpr std::uint64_t k_mib = std::uint64_t{1} << 20U;

std::vector<std::byte> bytes(std::initializer_list<unsigned> values) {
  std::vector<std::byte> out;
  for (const unsigned value : values) {
    out.push_back(static_cast<std::byte>(value));
  }
  return out;
}

} // namespace

TEST_CASE("the window is the smallest that holds the rollout, at most 2^27") {
  const auto window = [](std::uint64_t size) {
    return choose_frame_options(size, 9, std::nullopt).window_log;
  };
  CHECK(window(0) == 10);
  CHECK(window(1024) == 10);
  CHECK(window(1025) == 11);
  CHECK(window(8 * k_mib) == 23);
  CHECK(window(8 * k_mib + 1) == 24);
  CHECK(window(128 * k_mib - 1) == 27);
  CHECK(window(128 * k_mib + 1) == 27);
  CHECK(window(std::uint64_t{1} << 45U) == 27);
  CHECK(window(UINT64_MAX) == 27);
}

TEST_CASE("long-distance matching begins at 8 MiB") {
  CHECK_FALSE(choose_frame_options(8 * k_mib - 1, 9, std::nullopt).long_distance);
  CHECK(choose_frame_options(8 * k_mib, 9, std::nullopt).long_distance);
}

TEST_CASE("an explicit window wins but never passes 2^27") {
  CHECK(choose_frame_options(k_mib, 3, 25).window_log == 25);
  CHECK(choose_frame_options(64 * k_mib, 3, 20).window_log == 20);
  CHECK(choose_frame_options(1024 * k_mib, 3, 31).window_log == 27);
  CHECK(choose_frame_options(1024 * k_mib, 3, 1).window_log == 10);
  CHECK(choose_frame_options(k_mib, 3, 25).level == 3);
}

TEST_CASE("a header says size, window, checksum and dictionary") {
  const auto windowed = inspect_frame(
      bytes({0x28, 0xB5, 0x2F, 0xFD, 0x84, 0x89, 0x00, 0x00, 0x00, 0x10, 0x00}));
  REQUIRE(windowed);
  CHECK(windowed->checksum);
  CHECK_FALSE(windowed->has_dictionary);
  CHECK(windowed->window_size == 128 * k_mib + 16 * k_mib);
  CHECK(windowed->content_size == std::uint64_t{1} << 28U);

  const auto single = inspect_frame(bytes({0x28, 0xB5, 0x2F, 0xFD, 0x60, 0x01, 0x00}));
  REQUIRE(single);
  CHECK_FALSE(single->checksum);
  CHECK(single->content_size == 257);
  CHECK(single->window_size == 257);

  const auto bare = inspect_frame(bytes({0x28, 0xB5, 0x2F, 0xFD, 0x01, 0x00, 0x07}));
  REQUIRE(bare);
  CHECK(bare->has_dictionary);
  CHECK(bare->content_size == std::nullopt);
  CHECK(bare->window_size == 1024);
}

TEST_CASE("a header that is cut, foreign or of a skippable frame is refused") {
  const auto whole = bytes({0x28, 0xB5, 0x2F, 0xFD, 0x84, 0x88, 0x00, 0x00, 0x00, 0x10});
  for (std::size_t length = 0; length < whole.size(); ++length) {
    const auto cut = inspect_frame(std::span(whole).first(length));
    REQUIRE_FALSE(cut);
    CHECK(cut.error().code == Errc::corrupt);
  }
  const auto foreign = inspect_frame(bytes({'{', '"', 't', 'y', 'p', 'e', '"'}));
  REQUIRE_FALSE(foreign);
  CHECK(foreign.error().code == Errc::corrupt);
  const auto skippable = inspect_frame(bytes({0x5F, 0x2A, 0x4D, 0x18, 0, 0, 0, 0}));
  REQUIRE_FALSE(skippable);
  CHECK(skippable.error().code == Errc::unsupported);
}

TEST_CASE("a frame is weak without a checksum or a size, and only if readers take it") {
  struct Row {
    std::string name;
    std::vector<std::byte> header;
    bool weak;
    std::optional<std::uint64_t> size;
  };
  const std::vector<Row> rows{
      {"as Codex writes it: a size and no checksum",
       bytes({0x28, 0xB5, 0x2F, 0xFD, 0x60, 0x01, 0x00}),
       true,
       257},
      {"neither", bytes({0x28, 0xB5, 0x2F, 0xFD, 0x00, 0x50}), true, std::nullopt},
      {"a checksum and no size",
       bytes({0x28, 0xB5, 0x2F, 0xFD, 0x04, 0x50}),
       true,
       std::nullopt},
      {"a skippable frame first",
       bytes({0x5F, 0x2A, 0x4D, 0x18, 0, 0, 0, 0}),
       true,
       std::nullopt},
      {"both: as ours",
       bytes({0x28, 0xB5, 0x2F, 0xFD, 0x84, 0x88, 0, 0, 0, 0x10}),
       false,
       std::nullopt},
      {"the widest window that readers take",
       bytes({0x28, 0xB5, 0x2F, 0xFD, 0x00, 0x88}),
       true,
       std::nullopt},
      {"a wider one", bytes({0x28, 0xB5, 0x2F, 0xFD, 0x00, 0x89}), false, std::nullopt},
      {"a dictionary",
       bytes({0x28, 0xB5, 0x2F, 0xFD, 0x01, 0x00, 0x07}),
       false,
       std::nullopt},
      {"no frame", bytes({'{', '"', 't', 'y', 'p', 'e'}), false, std::nullopt},
      {"nothing", {}, false, std::nullopt},
  };
  for (const Row& row : rows) {
    CAPTURE(row.name);
    const auto found = find_weakness(row.header);
    CHECK(found.has_value() == row.weak);
    if (found) {
      CHECK(found->content_size == row.size);
    }
  }
}

TEST_CASE("no file decodes to more than 128 KiB for each four of its bytes") {
  CHECK(coldpress::most_content(3) == 0);
  CHECK(coldpress::most_content(4) == 128 * 1024);
  CHECK(coldpress::most_content(UINT64_MAX) == UINT64_MAX);
}
