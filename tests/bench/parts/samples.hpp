#pragma once

#include "fsutil/result.hpp"
#include "tests/bench/corpus/rollout.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace coldpress::bench {

using Bytes = std::vector<std::byte>;

// Ends the program with the error in words.
[[noreturn]] void give_up(const Error& error);

// What a benchmark starts from. A part that cannot be had ends the program: there is
// nothing to measure then.
template <class T> T must(Result<T> result) {
  if (!result) {
    give_up(result.error());
  }
  return std::move(*result);
}

// A folder of this process under $TMPDIR, removed when it ends.
const std::string& scratch();

// The contents of a made-up rollout, made once.
const Bytes& sample(corpus::Profile profile, std::uint64_t bytes);

// The same as one frame, as coldpress frames it at `level`.
const Bytes& framed(corpus::Profile profile, std::uint64_t bytes, int level);

} // namespace coldpress::bench
