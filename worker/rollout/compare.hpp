#pragma once

#include "worker/rollout/reader.hpp"

#include <cstdint>
#include <functional>
#include <stop_token>
#include <string>

namespace coldpress {

// How the logical bytes of two files relate.
enum class Relation : std::uint8_t {
  equal,
  first_is_prefix,  // proper: the second goes on
  second_is_prefix, // proper: the first goes on
  differ,
};

struct Comparison {
  Relation relation = Relation::equal;
  std::uint64_t common = 0; // length of the part from the beginning that is the same
};

// Reads both to the end of the shorter. Each is exactly that file, compressed if its
// name ends in .zst. Errc::corrupt if a compressed one cannot be decoded as far;
// Errc::canceled within a piece of being told to stop.
// Neither file is kept from changing meanwhile: compare stamps before and after.
Result<Comparison> compare_rollouts(Fs& fs,
                                    const std::string& first,
                                    const std::string& second,
                                    const std::stop_token& stop = {});

// The same of what two readers have left. `go_on` is asked before each piece: an error of
// its own ends the comparison.
Result<Comparison> compare_readers(RolloutReader& first,
                                   RolloutReader& second,
                                   const std::function<Result<void>()>& go_on);

} // namespace coldpress
