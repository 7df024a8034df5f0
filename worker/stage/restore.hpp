#pragma once

#include "locking/guards.hpp"
#include "worker/stage/outcome.hpp"
#include "worker/stage/step.hpp"

#include <stop_token>

namespace coldpress {

struct RestoreRules {
  std::string rollout; // logical path, for messages
  std::uint64_t min_free_bytes = 0;
};

// Makes the plain form of a rollout again: decodes into a temp file, syncs it, reads it
// back, gives it the .zst's metadata, names it without ever replacing, makes the name
// durable, and only then removes the .zst. Whatever stops it, the rollout is whole
// under one of its names; a pair that is left is the recovery's.
//
// Outcome is `restored`. Stops with both_forms, live_writer, maintenance, changed,
// no_space, metadata_not_kept, canceled, or a failure (Errc::corrupt: the frame is
// damaged, and kept).
Step<Outcome> restore(Guards& guards,
                      const std::string& compressed_path,
                      const RestoreRules& rules,
                      std::stop_token stop);

} // namespace coldpress
