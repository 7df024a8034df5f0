#pragma once

#include "config/settings.hpp"
#include "worker/loop/progress.hpp"
#include "worker/preflight/store.hpp"
#include "worker/rollout/tree_walk.hpp"
#include "worker/verify/verify_frame.hpp"

#include <array>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace coldpress {

// Which part of a store to read: so many files, or so many of a hundred, rounded up.
struct Sample {
  double number = 0;
  bool percent = false;
};

// "5%", "0.5%" or "20". Errc::invalid with a sentence otherwise.
Result<Sample> parse_sample(const std::string& text);

// One .zst that is to be read.
struct FrameFile {
  std::string rollout; // logical path relative to the store
  std::string path;    // of the .zst
  std::uint64_t bytes = 0;
  WallTime mtime{};
};

struct VerifySummary;

// Every .zst in both trees. What could not be listed, and what is not handled, goes into
// the summary.
std::vector<FrameFile> all_frames(Fs& fs, const Store& store, VerifySummary& summary);
// Those of the given rollouts, by the absolute paths of their plain form.
std::vector<FrameFile>
named_frames(Fs& fs, const Store& store, const std::vector<std::string>& plain_paths);

// In the order in which they are read: what was found damaged or was never verified
// first, then what was verified longest ago; of equals the older file. Pure.
std::vector<FrameFile> choose_frames(std::vector<FrameFile> files,
                                     const Verifications& known,
                                     const std::optional<Sample>& sample);

enum class VerifyResult : std::uint8_t {
  ok,
  damaged,    // needs attention; nothing of it was changed
  unreadable, // could not be found out
  gone,       // no .zst any more: Codex took the thread up again, or moved it
};

std::string_view name_of(VerifyResult result);

struct VerifiedRollout {
  std::string rollout;
  VerifyResult result = VerifyResult::ok;
  std::uint64_t bytes = 0; // of the .zst
  WallTime mtime{};        // of it, too
  std::optional<FrameRead> read;
  bool compared = false; // with what the ledger knew of its bytes
  std::string detail;
  std::string unread; // part of it: what of good bytes Codex does not read
  std::string hint;   // what to do
  std::optional<Error> error;
};

// Reads one, again if it was replaced meanwhile. Empty: told to stop, or the time is up.
std::optional<VerifiedRollout> verify_one(Fs& fs,
                                          const Store& store,
                                          const FrameFile& file,
                                          const std::optional<Verification>& known,
                                          FrameReadRules rules);

struct VerifySummary {
  std::array<std::uint64_t, 4> counts{}; // by VerifyResult
  std::uint64_t left = 0;                // of those that were to be read: no time
  std::uint64_t bytes = 0;               // of .zst that were read
  std::uint64_t plain_bytes = 0;
  std::vector<Error> scan_errors; // directories that could not be listed
  std::vector<OddEntry> odd;      // not read, because it is not handled
  std::vector<std::string> notes; // of the ledger
  double seconds = 0;
  int signal = 0;
  std::optional<Error> error; // nothing was read

  std::uint64_t number(VerifyResult result) const {
    return counts.at(static_cast<std::size_t>(result));
  }
  // 0, 1, 3, 4, or 128 + the signal: DESIGN section 7.
  int exit_code() const;
};

struct VerifyRequest {
  std::vector<std::string> plain_paths; // absolute; empty: all of the store
  std::optional<Sample> sample;
};

// Called on the thread that runs verify().
struct VerifyEvents {
  std::function<void(const VerifiedRollout&)> verified;
  std::function<void(const Progress&)> progress; // bytes are those of the .zst
  std::function<void(const std::string&)> throttled;
};

// Reads with idle threads, within limits.jobs, limits.memory, limits.read_rate,
// limits.time_budget and the back-off, and notes in the ledger what it found. Takes no
// lock and changes nothing else, so it may run beside a pass and a Codex. SIGINT and
// SIGTERM end it soon. Without a ledger it goes by the age of the files.
VerifySummary verify(Fs& fs,
                     const Clock& clock,
                     const Settings& settings,
                     const Store& store,
                     const VerifyRequest& request,
                     const VerifyEvents& events);

} // namespace coldpress
