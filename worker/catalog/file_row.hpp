#pragma once

#include "worker/stage/outcome.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace coldpress {

// The last error of a rollout as the ledger keeps it. Empty code: none.
struct RecordedError {
  std::string code; // name_of(Errc)
  int sys = 0;      // errno
  std::string op;
  std::string path;
  std::string text; // the context, joined by "; "
};

// The outcome of a rollout whose work has begun and not ended. It stays if the process is
// killed: by the kernel for its memory, by a limit, by a power cut.
inline constexpr std::string_view k_begun = "begun";

// What the ledger knows of one rollout. Words are those of name_of().
struct FileRow {
  std::string rollout;
  std::int64_t run_id = 0;
  bool compressed = false; // compressed now, as far as the ledger saw
  std::string outcome;     // empty: only held, never worked on; or k_begun
  std::string reason;
  std::string detail;
  FileStamp stamp; // of the plain file when last claimed; all zero if it never was
  std::uint64_t plain_bytes = 0;
  std::uint64_t compressed_bytes = 0;
  std::string hash; // of the plain bytes, hex
  int level = 0;
  int window_log = 0;
  std::string verified; // "disk", "cache" or empty
  std::uint64_t blocked_us = 0;
  double seconds = 0;
  RecordedError error; // kept until the next success
  int attempts = 0;    // failures since the last success
  bool no_gain = false;
  std::optional<WallTime> retry_at;
  std::optional<WallTime> hold_until;
  WallTime updated{};
  std::uint64_t predicted_bytes =
      0; // what compressed_bytes was expected to be; 0: nothing
  // When the frame was last read whole and found right. Empty: it never was, or there is
  // none.
  std::optional<WallTime> verified_at;
};

// How an outcome counts for the next try.
enum class Verdict : std::uint8_t {
  success,
  waits,  // the world stood in the way: the next pass may try at once
  failure // the file or its disk did: try again later and later
};

Verdict verdict_of(const Outcome& outcome);

// 1 h after the first failure, doubled by each further one, at most 7 d. `attempts` >= 1.
std::chrono::hours back_off(int attempts);

// The row after one more outcome. Pure. Measurements the outcome does not bring (a skip,
// a reap, a failure) stay as they were; a hold ends when the rollout is compressed;
// no_gain stays while the stamp does.
FileRow
row_after(FileRow before, const Outcome& outcome, std::int64_t run_id, WallTime now);

// The row of a rollout whose work begins. It counts as an attempt until it has an
// outcome; the next try is at once, but after those that never failed. Pure.
FileRow
row_begun(FileRow before, const std::string& rollout, std::int64_t run_id, WallTime now);

} // namespace coldpress
