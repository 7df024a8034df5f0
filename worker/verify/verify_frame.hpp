#pragma once

#include "fsutil/file_stamp.hpp"
#include "fsutil/hash.hpp"
#include "worker/catalog/verification.hpp"
#include "worker/rollout/append_state.hpp"

#include <functional>
#include <optional>
#include <stop_token>
#include <string>

namespace coldpress {

// What a .zst holds, read from its first byte to its last and decoded as every reader
// would: each frame that has a checksum or a content size was compared with it.
struct FrameRead {
  FileStamp stamp; // of the file, when it was opened
  std::uint64_t plain_bytes = 0;
  Hash128 hash;                  // of the plain bytes
  std::optional<Hash128> prefix; // of the first so many that were asked for
  bool checksum = false;         // the first frame has one
  std::uint64_t odd_lines = 0;   // see LineCheck; counted only where there is none
  std::uint64_t not_utf8 = 0;    // lines
  std::string thread_id;         // of its first record; empty: no session_meta
  HistoryMode mode = HistoryMode::legacy; // of that record, too
};

struct FrameReadRules {
  std::uint64_t prefix_bytes = 0;
  // Told of the bytes read from the disk; an error of its own ends the reading.
  std::function<Result<void>(std::uint64_t bytes)> pace;
  std::stop_token stop;
};

// Exactly that file. Leaves the page cache as it was: what most of which was in it stays.
// Errors: as FrameDecoder's and Fs's, and Errc::canceled.
Result<FrameRead>
read_frame(Fs& fs, const std::string& path, const FrameReadRules& rules);

// What is to be said of bytes that decode.
struct Judgement {
  bool ok = true;
  bool compared = false; // with what was known of these bytes
  std::string detail;
  std::string unread{}; // part of it: what of these bytes Codex does not read
};

// What to do about lines that Codex does not read.
inline constexpr std::string_view k_unread_hint =
    "the bytes are as they were written, and coldpress keeps them so; coldpress cat "
    "--json shows which lines are bad";

// Pure. `known` is of that rollout, `plain_name` its file name. Rollouts only grow, so
// what begins with the bytes that are known was continued since; another file that holds
// something else was recreated by Codex, unless it names another thread.
Judgement judge(const std::string& plain_name,
                const FrameRead& read,
                const std::optional<Verification>& known);

} // namespace coldpress
