#include "locking/store_lock.hpp"
#include "worker/cli/command.hpp"
#include "worker/cli/ndjson.hpp"
#include "worker/cli/say.hpp"

#include <nlohmann/json.hpp>

namespace coldpress {

namespace {

std::string text_of(const std::optional<ProcessId>& gone) {
  if (!gone) {
    return "the store is not locked";
  }
  return gone->pid == 0 ? "removed the store lock; its record could not be read"
                        : fmt::format("removed the store lock of pid {} on {}",
                                      gone->pid,
                                      printable(gone->host));
}

std::string json_of(const std::optional<ProcessId>& gone) {
  nlohmann::ordered_json json = {{"message_type", "unlocked"},
                                 {"removed", gone.has_value()}};
  if (gone && gone->pid != 0) {
    json["pid"] = gone->pid;
    json["host"] = printable(gone->host);
  }
  return json.dump();
}

// `gone`: whose lock was removed; empty if there was none.
int show(const Context& context, const std::optional<ProcessId>& gone) {
  if (context.options.json) {
    print_line(json_of(gone));
  } else {
    out("{}\n", text_of(gone));
  }
  return static_cast<int>(Exit::ok);
}

} // namespace

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
    return show(context, std::nullopt);
  }
  // Errc::busy if the holder lives: its flock says so.
  if (auto released = release_store_lock(context.fs, own_dir); !released) {
    return report(context, released.error());
  }
  return show(context, (*holder)->process);
}

} // namespace coldpress
