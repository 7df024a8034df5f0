#pragma once

#include "worker/stage/candidate.hpp"
#include "worker/stage/version_seen.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace coldpress {

enum class Action : std::uint8_t { compress, skip };

std::string_view name_of(Action action);

// What will be done with one rollout, and why. Advice: claim() looks again.
struct Decision {
  Candidate candidate;
  Action action = Action::skip;
  Reason reason = Reason::cold;
};

// Why nothing in the store may be compressed.
struct Refusal {
  Reason reason = Reason::reader_too_old;
  VersionSeen seen; // of those that refuse it the latest: it counts longest
};

// When that no longer counts.
WallTime counts_until(const VersionSeen& seen);
// What a user can do, without a full stop.
std::string way_on(const Refusal& refusal);

struct Plan {
  std::vector<Decision> decisions;    // the trees in scan.roots, most gain first
  std::vector<Decision> beyond_roots; // the other tree, as it would be decided
  std::optional<Refusal> refused;
};

} // namespace coldpress
