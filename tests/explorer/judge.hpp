#pragma once

#include "tests/explorer/worker.hpp"

namespace coldpress {

// What is wrong with a state; empty: nothing.
using Fault = std::string;

// What must hold at every moment.
Fault judge_moment(const World& world, const Case& spec);
// When everybody has gone: recovery passes, and then what must hold.
Fault judge_end(World& world, const Case& spec, const Layer& layer);
// A power cut now in every way a disk may come back, then judge_moment() and
// judge_end(). `first` is asked with the state after the cut whether it is a new one.
Fault judge_power_cuts(const World& world,
                       const Case& spec,
                       const Layer& layer,
                       const std::function<bool(std::uint64_t)>& first);

// The state of the store and of what must not be lost of it.
std::uint64_t state_of(const World& world);

// One line a file.
std::string listing(const World& world);

} // namespace coldpress
