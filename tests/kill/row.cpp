#include "tests/kill/row.hpp"

#include <fmt/format.h>

#include <cstdio>
#include <cstdlib>

namespace coldpress {

namespace {

constexpr int k_skipped = 77; // SKIP_RETURN_CODE
constexpr std::uint64_t k_shown = 20;

} // namespace

bool full_size() {
  const char* size = std::getenv("SCOREBOARD_SIZE");
  return size != nullptr && std::string_view(size) == "full";
}

void Row::violation(const std::string& what) {
  if (kind_ == Kind::promise && violations_ < k_shown) {
    fmt::print(stderr, "violation: {}\n", what);
  }
  violations_ += 1;
}

void Row::figure(std::string_view name, std::string_view value) {
  figures_ += fmt::format(" {}={}", name, value);
}

void Row::figure(std::string_view name, std::uint64_t value) {
  figure(name, std::to_string(value));
}

int Row::finish() const {
  fmt::print("ROW {} tried={} violations={}{}\n", name_, tried_, violations_, figures_);
  return tried_ > 0 && violations_ == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

int Row::skipped(std::string_view name, std::string_view why) {
  fmt::print("ROW {} skipped: {}\n", name, why);
  return k_skipped;
}

} // namespace coldpress
