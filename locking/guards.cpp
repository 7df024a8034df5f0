#include "locking/guards.hpp"

namespace coldpress {

namespace {

Error busy(std::string_view op, std::string why) {
  return Error{Errc::busy, 0, op, {}, {std::move(why)}};
}

} // namespace

Result<Maintenance> Maintenance::enter(Guards& guards) {
  auto lock = guards.codex.try_maintenance();
  if (!lock) {
    Error error = std::move(lock.error());
    if (error.code == Errc::busy) {
      error.op = k_maintenance_op;
    }
    return Fail(std::move(error));
  }
  return Maintenance(guards, std::move(*lock));
}

Result<Section> Section::enter(const Maintenance& maintenance,
                               const std::string& thread_id,
                               std::chrono::nanoseconds wait_at_most) {
  return take(maintenance.guards(), thread_id, wait_at_most);
}

Result<void> Section::probe(Guards& guards,
                            const std::string& thread_id,
                            std::chrono::nanoseconds wait_at_most) {
  TRY(take(guards, thread_id, wait_at_most));
  return {};
}

Result<Section> Section::take(Guards& guards,
                              const std::string& thread_id,
                              std::chrono::nanoseconds wait_at_most) {
  constexpr int k_looks = 2;
  for (int look = 0; look < k_looks; ++look) {
    // Before Codex's lock is had: this may wait for the heartbeat's write.
    TRY(guards.store.check());
    TRY_ASSIGN(LockedFile coordination, guards.codex.try_coordination(wait_at_most));
    TRY_ASSIGN(const bool has_writer,
               guards.codex.thread_has_writer(coordination, thread_id));
    if (has_writer) {
      return Fail(busy("thread writer lock", "the thread has a live writer"));
    }
    // Stopped or suspended since the check, for so long that another host may have begun:
    // out of the section, and look again.
    if (guards.store.fresh()) {
      return Section(std::move(coordination));
    }
  }
  return Fail(busy("store lock", "the machine was suspended while the lock was taken"));
}

} // namespace coldpress
