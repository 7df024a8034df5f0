#include "fsutil/page_cache.hpp"

namespace coldpress {

bool is_in_use(Fs& fs, FileHandle file, std::uint64_t size) {
  constexpr std::uint64_t k_smallest = std::uint64_t{1} << 20U;
  if (size < k_smallest) {
    return false;
  }
  const auto cached = fs.cached_bytes(file);
  return cached && *cached > size / 2;
}

} // namespace coldpress
