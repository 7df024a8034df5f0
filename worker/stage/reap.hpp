#pragma once

#include "locking/guards.hpp"
#include "worker/stage/step.hpp"
#include "worker/stage/tokens.hpp"

namespace coldpress {

// Frees a retired plain file whose grace is over: DESIGN section 4 step 12. Under all
// the locks again, with a fresh lease where there are leases, only if the retired file
// and the .zst are exactly what publish() left, and only after that .zst and its name
// were synced once more. Where the retired file's ctime has moved, may hide a change, or
// nothing keeps writers out, the two are compared byte by byte.
//
// Stops with `changed` or `open_for_writing` if anything is otherwise: then the
// recovery decides, and nothing was touched. `maintenance`, `live_writer`: try later.
Step<std::monostate> reap(Guards& guards, const Published& published);

} // namespace coldpress
