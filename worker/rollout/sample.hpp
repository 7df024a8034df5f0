#pragma once

#include "fsutil/fs.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace coldpress {

class CodecContexts;

// Pieces from the middle of equal parts of an open file of `size` bytes, at most `pieces`
// of `piece` bytes each; all of a small one. From 1 MiB on what it read leaves the page
// cache, unless most of the file was there before.
Result<std::vector<std::byte>> sample_file(Fs& fs,
                                           FileHandle file,
                                           std::uint64_t size,
                                           std::uint64_t piece,
                                           std::uint64_t pieces);

// Compressed bytes for each plain one, at this level. `bytes` is not empty.
Result<double>
shrinkage(std::span<const std::byte> bytes, int level, CodecContexts* contexts = nullptr);

} // namespace coldpress
