#include "locking/store_lock.hpp"
#include "worker/cli/command.hpp"
#include "worker/cli/say.hpp"

namespace coldpress {

int cmd_unlock(const Context& context) {
  const auto opened = open(context);
  if (!opened) {
    return report(context, opened.error());
  }
  const std::string& own_dir = opened->store.own_dir;
  const auto holder = peek_store_lock(context.fs, own_dir);
  if (!holder) {
    return report(context, holder.error());
  }
  if (!*holder || (!(*holder)->locked && (*holder)->released)) {
    out("the store is not locked\n");
    return static_cast<int>(Exit::ok);
  }
  // Errc::busy if the holder lives: its flock says so.
  if (auto released = release_store_lock(context.fs, own_dir); !released) {
    return report(context, released.error());
  }
  const ProcessId& gone = (*holder)->process;
  if (gone.pid == 0) {
    out("the lock is removed; its record could not be read\n");
  } else {
    out("the lock of pid {} on {} is removed\n", gone.pid, printable(gone.host));
  }
  return static_cast<int>(Exit::ok);
}

} // namespace coldpress
