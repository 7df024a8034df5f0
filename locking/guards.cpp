#include "locking/guards.hpp"

namespace coldpress {

Result<Section> Section::enter(Guards& guards,
                               const std::string& thread_id,
                               std::chrono::nanoseconds wait_at_most) {
  // Before Codex's lock is had: this may wait for the heartbeat's write.
  TRY(guards.store.check());
  TRY_ASSIGN(LockedFile coordination, guards.codex.try_coordination(wait_at_most));
  TRY_ASSIGN(const bool has_writer,
             guards.codex.thread_has_writer(coordination, thread_id));
  if (has_writer) {
    return Fail(
        Error{Errc::busy, 0, "thread writer lock", {}, {"the thread has a live writer"}});
  }
  return Section(std::move(coordination));
}

} // namespace coldpress
