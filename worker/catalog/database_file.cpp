#include "worker/catalog/database_file.hpp"

#include "fsutil/posix_fs.hpp"
#include "fsutil/temp_file.hpp"
#include "fsutil/text.hpp"

#include <algorithm>

namespace coldpress {

namespace {

constexpr std::uint32_t k_mode = 0600;
constexpr int k_most_damaged = 100;

// "20260102T030405Z": fit for a file name.
std::string compact(WallTime time) {
  std::string text = format_time(time);
  std::erase_if(text, [](char c) { return c == '-' || c == ':'; });
  return text;
}

} // namespace

Result<void> create_private(const std::string& path) {
  PosixFs fs;
  auto made = fs.create_new(path, k_mode);
  if (made) {
    fs.close(*made);
    return {};
  }
  if (made.error().code == Errc::exists) {
    return {};
  }
  return Fail(std::move(made.error()));
}

// Its journal needs no care: SQLite has replayed or removed it by the time it finds the
// damage, and removes one it finds beside an empty file.
Result<std::string> set_aside(const std::string& path, WallTime now) {
  PosixFs fs;
  const std::string base = path + ".damaged-" + compact(now);
  for (int nth = 1; nth <= k_most_damaged; ++nth) {
    const std::string to = nth == 1 ? base : fmt::format("{}-{}", base, nth);
    const auto moved = move_new(fs, path, to);
    if (moved) {
      return to;
    }
    if (moved.error().code != Errc::exists) {
      return Fail(moved.error());
    }
  }
  return Fail(Error{
      Errc::exists, 0, "set aside", base, {"too many damaged databases beside it"}});
}

} // namespace coldpress
