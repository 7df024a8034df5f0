#pragma once

#include "fsutil/clock.hpp"
#include "fsutil/fs.hpp"
#include "worker/rollout/reader.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace coldpress {

// What the first record of a rollout, its canonical session_meta, says.
struct RolloutHead {
  std::string thread_id; // lower-case UUID: the name of the thread's lock
  std::string cwd;       // empty if it does not say
  std::string
      cli_version; // who began the rollout; a later writer leaves no trace of its own
  bool has_history_base = false;   // its history begins in another rollout's bytes
  std::string history_base_thread; // empty if there is none, or if it does not say
  WallTime written{};              // the line's timestamp; the epoch if there is none
  // What began it: "cli", "vscode", "exec"; of a compound one its kind, "subagent". Empty
  // if it does not say.
  std::string source;
  friend bool operator==(const RolloutHead&, const RolloutHead&) = default;
};

inline constexpr std::size_t k_longest_first_line = std::size_t{16} << 20U;

// Nothing if the line is not one whole JSON object of type session_meta with the UUID of
// its thread, or is one that Codex would not accept: bad UTF-8, a byte order mark, a
// member given twice, nesting deeper than 128. A CR at the end is white space.
// Never throws. Reserves about fifteen times the length of the line while it runs.
std::optional<RolloutHead> parse_head(std::string_view first_line);

// The head of exactly that file, compressed if it ends in .zst; of that it decodes the
// first line and little more, so damage further on goes unnoticed.
// Nothing if the first record is no session_meta, or longer than 16 MiB.
Result<std::optional<RolloutHead>> read_head(Fs& fs, const std::string& path);
// The same of a file that is open already. `reader` must stand at its beginning.
Result<std::optional<RolloutHead>> read_head(RolloutReader& reader);

// The thread of the rollout that `path` names in either form: by its first record, else
// by its name. Errc::unsupported if neither says it; else as RolloutReader::open().
Result<std::string> read_thread_id(Fs& fs, const Clock& clock, const std::string& path);

} // namespace coldpress
