#pragma once

#include "locking/guards.hpp"
#include "worker/stage/step.hpp"
#include "worker/stage/tokens.hpp"

namespace coldpress {

struct PublishRules {
  bool active_without_lease = false;
};

// Gives the verified frame its name and retires the plain file, as DESIGN section 4
// steps 5 to 11. At every moment the rollout is whole under one of its two names, and a
// writer that arrives in between appends to a file that keeps its bytes.
//
// On success the .zst is durable and the plain file stands under its retired name;
// reap() frees it after the grace. Writers wait for us no longer than
// Published::blocked_us(). Call it from a thread of normal priority, one at a time.
//
// Stops with: maintenance, live_writer, changed, vanished, both_forms, in_both_trees,
// open_for_writing, no_lease (nothing was changed), or kind writer_arrived: a writer
// came while the name changed, all of it was put back.
Step<Published> publish(Guards& guards, Verified verified, const PublishRules& rules);

} // namespace coldpress
