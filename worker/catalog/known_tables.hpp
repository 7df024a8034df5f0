#pragma once

#include "worker/catalog/sqlite.hpp"
#include "worker/rollout/head_memory.hpp"
#include "worker/stage/remembered.hpp"

namespace coldpress {

// What a pass begins with, from the tables `files`, `achieved` and `head_pages`.

// Only of rollouts there is something to remember of: no gain, a back-off, a hold.
Result<Memory> read_memory(const Db& db);

Result<Achieved> read_achieved(const Db& db);
Result<void> add_achieved(const Db& db, std::uint64_t plain, std::uint64_t compressed);

// Of those that were compressed here, by coldpress.
Result<OwnFrames> read_own_frames(const Db& db);

Result<HeadMemory> read_heads(const Db& db);
// Several at once: the caller's transaction.
Result<void> write_head_pages(const Db& db, const std::vector<HeadPage>& pages);
Result<void> forget_head(const Db& db, const HeadKey& key);

} // namespace coldpress
