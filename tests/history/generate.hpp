#pragma once

#include "worker/history/values.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace coldpress::history {

// Which Codex wrote it: one that wrote `error` lines, one that writes the failure into
// task_complete, or one that writes paginated rollouts.
enum class Generation : std::uint8_t { error_lines, errors_in_end, paginated };

// The lines of a made-up rollout: every event, also in places where no Codex writes it,
// with noise between. The same for the same seed.
std::vector<std::string> generate(Generation generation, std::uint64_t seed);

// As the bytes of a file.
std::string joined(const std::vector<std::string>& lines);

} // namespace coldpress::history
