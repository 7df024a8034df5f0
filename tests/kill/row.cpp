#include "tests/kill/row.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>

namespace coldpress {

namespace {

constexpr int k_skipped = 77; // SKIP_RETURN_CODE
constexpr std::size_t k_shown = 20;

} // namespace

bool full_size() {
  const char* size = std::getenv("SCOREBOARD_SIZE");
  return size != nullptr && std::string_view(size) == "full";
}

void Row::violation(const std::string& what) {
  if (kind_ == Kind::promise && violations_.size() < k_shown) {
    fmt::print(stderr, "violation: {}\n", what);
  }
  violations_.push_back(what);
}

std::uint64_t Row::violations_ending(std::string_view end) const {
  return static_cast<std::uint64_t>(std::count_if(
      violations_.begin(), violations_.end(), [end](const std::string& what) {
        return what.ends_with(end);
      }));
}

void Row::figure(std::string_view name, std::string_view value) {
  figures_ += fmt::format(" {}={}", name, value);
}

void Row::figure(std::string_view name, std::uint64_t value) {
  figure(name, std::to_string(value));
}

int Row::finish() const {
  fmt::print(
      "ROW {} tried={} violations={}{}\n", name_, tried_, violations_.size(), figures_);
  return tried_ > 0 && violations_.empty() ? EXIT_SUCCESS : EXIT_FAILURE;
}

int Row::skipped(std::string_view name, std::string_view why) {
  fmt::print("ROW {} skipped: {}\n", name, why);
  return k_skipped;
}

} // namespace coldpress
