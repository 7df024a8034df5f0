#pragma once

#include "fsutil/result.hpp"
#include "worker/history/values.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace coldpress::history {

// What must be known of a rollout that another one inherits from.
struct Source {
  Meta meta;
  std::uint64_t bytes = 0; // of its decoded length
};
// By rollout id; nothing if there is no such rollout.
using FindSource = std::function<std::optional<Source>(const std::string& rollout_id)>;

// The rollouts that a fork inherits from, oldest first, each with how much of it counts.
// Empty for a rollout without history_base: a copied fork holds its parent's lines
// itself.
//
// Errc::not_found: one of them is missing; Codex refuses such a thread, too.
// Errc::corrupt: a base is past the end of its rollout, or they form a ring.
Result<std::vector<Base>> bases_of(const Meta& own, const FindSource& find);

} // namespace coldpress::history
