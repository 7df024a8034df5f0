#pragma once

#include "worker/catalog/index.hpp"
#include "worker/index/index_work.hpp"
#include "worker/loop/progress.hpp"
#include "worker/loop/thread_pool.hpp"
#include "worker/preflight/store.hpp"

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace coldpress {

// Where a store's index is, and where its writer's lock.
std::string index_path(const Store& store);
std::string index_lock_path(const Store& store);

// The one who may write the index, across processes; given back with it.
// Errc::busy: another coldpress writes it.
Result<File> lock_index(Fs& fs, const Store& store);

struct IndexReport {
  std::uint64_t rollouts = 0;        // in the store
  std::uint64_t read = 0;            // of them, those of which bytes were read
  std::uint64_t removed = 0;         // that the store does not have any more
  std::uint64_t bytes = 0;           // decoded
  bool stopped = false;              // by the rules, before its end
  std::vector<std::string> problems; // what could not be read, and why
  std::string set_aside;             // where a damaged index is now
  double seconds = 0;
};

struct IndexUpdateRules {
  Look look = Look::all;
  std::size_t threads = 2;
  Priority priority = Priority::normal;
  // Every 200 ms or so, on the calling thread.
  std::function<void(const Progress&)> progress{};
  // What was taken by then counts; the rest is left for the next time.
  std::stop_token stop{};
};

// Brings `index` up to what the files hold. What cannot be read is a problem of that
// rollout and does not end it; an error of the index does. Killed at any moment, the
// index is as of some earlier line of each rollout.
Result<IndexReport> update_index(Fs& fs,
                                 const Clock& clock,
                                 const Store& store,
                                 Index& index,
                                 const IndexUpdateRules& rules);

// Takes the lock, makes the index where there is none, and updates it. A damaged one is
// moved aside and rebuilt.
Result<IndexReport> refresh_index(Fs& fs,
                                  const Clock& clock,
                                  const Store& store,
                                  const IndexUpdateRules& rules);

} // namespace coldpress
