#pragma once

#include "locking/guards.hpp"
#include "worker/stage/outcome.hpp"

#include <string>
#include <vector>

namespace coldpress {

// How long an orphan is kept at least, from its last change on.
inline constexpr std::chrono::days k_orphan_age{30};

// What the recovery moved aside because it belongs to nothing any more: the bytes of a
// deleted thread, or those of a retired file whose rollout was recreated.
struct Orphan {
  std::string path;
  std::string plain_name; // of the rollout it was
  std::uint64_t bytes = 0;
  WallTime since{}; // moved there, or changed there
};

// Oldest first; empty if there is none. What has no such name is left out: it is not
// ours. Changes nothing.
Result<std::vector<Orphan>> list_orphans(Fs& fs, const std::string& orphans_dir);

// Removes the orphans that are k_orphan_age old and open in no process, as far as the
// kernel tells. They may be the only copy of something: only on request.
// One Outcome for each that was removed, and for each failure. Needs the store lock.
// `home` is the store.
std::vector<Outcome>
remove_orphans(Guards& guards, const std::string& home, const std::string& orphans_dir);

} // namespace coldpress
