#pragma once

#include "config/settings.hpp"
#include "fsutil/group_memory.hpp"

namespace coldpress {

// What a run takes beside limits.memory: its ledger, its look at the store, its threads.
inline constexpr std::uint64_t k_memory_besides = std::uint64_t{64} << 20U;

// limits.memory as it holds here: no more than the control group leaves. Then windows
// are smaller and jobs fewer, instead of a run that is killed, and the next one as well.
std::uint64_t bounded_memory(std::uint64_t setting,
                             const std::optional<GroupMemory>& group);

} // namespace coldpress
