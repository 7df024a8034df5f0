#pragma once

#include "fsutil/fs.hpp"
#include "locking/process_id.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace coldpress {

// <codex_home>/.tmp/rollout-compression.lock
std::string marker_path(const std::string& codex_home);

// What .tmp/rollout-compression.lock says: that a compressor runs, or when the last one
// ran. Not a lock; its mtime is what counts for Codex.
struct MarkerInfo {
  std::uint32_t pid = 0; // 0 if it names none
  std::string by;        // "coldpress", or empty: Codex writes none
  WallTime mtime{};
  std::string text;  // as it stands, at most 4 KiB
  bool ours = false; // made by a coldpress, not necessarily this process
};

// Empty if there is none. Changes nothing.
Result<std::optional<MarkerInfo>> peek_marker(Fs& fs, const std::string& codex_home);

struct MarkerRules {
  // A Codex from 0.137 to 0.145 was used here lately: it knows no maintenance lock, so
  // that its marker is all that shows a running compressor.
  bool marker_only_codex_seen = false;
};

// Whether that marker means a compressor at work that shows itself in no other way.
// Whether the maintenance lock is held is for the caller to ask.
bool marker_blocks(const MarkerInfo& marker, MarkerRules rules);

// The marker, claimed for a run of ours, so that Codex's own compressor stays away for
// some hours. What a crash leaves behind looks like a finished run, and the next claim
// takes it over. One thread at a time.
class RunMarker {
public:
  // .tmp/ must exist: see CodexLocks::ensure(). The store lock must be held: another
  // coldpress is not looked for here.
  // Errc::busy: marker_blocks(); Errc::changed: it came or went meanwhile, try again.
  static Result<RunMarker> claim(Fs& fs,
                                 const Clock& clock,
                                 const ProcessId& self,
                                 const std::string& codex_home,
                                 MarkerRules rules);

  RunMarker(RunMarker&&) noexcept = default;
  RunMarker& operator=(RunMarker&&) = delete;
  ~RunMarker(); // finish(Success::no), if it was not finished

  // Sets its mtime to now. Errc::lost_lock if another process has the name by now.
  Result<void> refresh();

  enum class Success : std::uint8_t { no, yes };

  // After success it stays, with mtime now; after failure it is removed. Somebody
  // else's is left alone: Errc::lost_lock.
  Result<void> finish(Success success);

private:
  RunMarker(Fs& fs, const Clock& clock, std::string path, File file)
      : fs_(&fs), clock_(&clock), path_(std::move(path)), file_(std::move(file)) {}
  Result<void> confirm();

  Fs* fs_;
  const Clock* clock_;
  std::string path_;
  File file_; // open until finished, so that its inode is not reused
  // What we wrote, for the next coldpress takes the same file over; empty until then.
  std::string text_;
};

} // namespace coldpress
