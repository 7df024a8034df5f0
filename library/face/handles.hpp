#pragma once

#include "fsutil/posix_fs.hpp"
#include "locking/thread_lock.hpp"
#include "worker/rollout/find.hpp"
#include "worker/rollout/line_reader_backward.hpp"
#include "worker/rollout/writer.hpp"

#include <coldpress.h>

#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

// What the handles of coldpress.h point to.

struct coldpress_store {
  coldpress::PosixFs fs;
  coldpress::SystemClock clock;
  std::string home; // absolute, no symlinks
  // Every path below the home is taken from these, and follows no symlink.
  std::vector<coldpress::HeldDir> held;
  std::optional<coldpress::CodexLocks> codex;
  coldpress::KnowsThread knows;
  std::string answer; // that was given out last
};

struct coldpress_reader {
  std::variant<coldpress::LineReader, coldpress::BackwardLineReader> lines;
  std::string type; // of the last line
};

struct coldpress_lease {
  coldpress::ThreadLock lock;
  std::string path; // of the thread's rollout; empty if it has none
};

struct coldpress_writer {
  coldpress::RolloutWriter writer;
};

namespace coldpress {

void fill(coldpress_error* into, const Error& error) noexcept;
void fill(coldpress_error* into, const std::exception& error) noexcept;

// -1, with what failed in `error`. Nothing is thrown across the C face.
template <class Call> int guarded(coldpress_error* error, Call call) noexcept {
  try {
    Result<int> result = call();
    if (result) {
      return *result;
    }
    fill(error, result.error());
  } catch (const std::exception& thrown) {
    fill(error, thrown);
  }
  return -1;
}

// Errc::invalid with the names of what is null.
Result<void> need(std::initializer_list<const void*> arguments);

// The one rollout that `what` names.
Result<std::string> find_one(coldpress_store& store, const char* what);

} // namespace coldpress
