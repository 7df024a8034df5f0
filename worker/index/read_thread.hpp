#pragma once

#include "worker/history/bases.hpp"
#include "worker/history/rows.hpp"
#include "worker/preflight/store.hpp"

#include <string>
#include <vector>

namespace coldpress {

// A thread's history as its rollouts have it now.
struct ThreadHistory {
  history::Rows rows;
  history::ThreadRow thread;
  history::LineCounts counts;
  std::vector<history::Base> inherited; // oldest first; empty for most
};

// Reads one rollout and, if its history begins in others, those first. All texts are held
// in memory at once. `path`: of the plain form.
//
// Errors as LineReader's; Errc::not_found: a rollout it inherits from is missing;
// Errc::corrupt: it inherits more than that has.
Result<ThreadHistory> read_thread(Fs& fs,
                                  const Clock& clock,
                                  const Store& store,
                                  const std::string& path,
                                  history::ErrorLines error_lines);

} // namespace coldpress
