#pragma once

#include "locking/thread_lock.hpp"
#include "worker/cli/command.hpp"

#include <chrono>
#include <string>

namespace coldpress {

// How a lease says to the programs in it which lock they run under: "3 <thread id>", the
// descriptor of the lock file and whose it is.
inline constexpr std::string_view k_lease_variable = "COLDPRESS_LEASE";

// One rollout of the store and the thread that it is of: as its first record has it.
struct ThreadPlace {
  std::string path; // of the plain form, whichever stands
  std::string thread_id;
};

// By path, file name or thread id. Errc::invalid: several, or not in this store.
Result<ThreadPlace>
find_thread(const Context& context, const Store& store, const std::string& text);

// The thread's lock: the one this process runs under, or a new one. Errc::busy: it has
// a writer.
Result<ThreadLock> lock_thread(const Context& context,
                               CodexLocks& codex,
                               const std::string& thread_id,
                               std::chrono::nanoseconds wait_at_most);

// --wait.
void add_wait(CLI::App& app, Options& options);

// What --wait says; nothing: not at all.
Result<std::chrono::milliseconds> wait_of(const Options& options);

} // namespace coldpress
