#include "fsutil/page_cache.hpp"

namespace coldpress {

bool is_in_use(Fs& fs, FileHandle file, std::uint64_t size) {
  constexpr std::uint64_t k_smallest = std::uint64_t{1} << 20U;
  if (size < k_smallest) {
    return false;
  }
  // Of a hole of terabytes there is no end of pages to ask after.
  constexpr std::uint64_t k_denser = 128;
  const auto stat = fs.stat(file);
  if (!stat || stat->allocated < size / k_denser) {
    return false;
  }
  const auto cached = fs.cached_bytes(file);
  return cached && *cached > size / 2;
}

} // namespace coldpress
