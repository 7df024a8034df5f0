#pragma once

#include "fsutil/fs.hpp"

#include <optional>
#include <string>

namespace coldpress {

// The file `pause` in a store's coldpress/ keeps `serve` from making passes there, also
// over a restart: until it is gone, or until the time that is in it (RFC 3339). Anybody
// who may write there may make one. Other commands do not ask for it.
struct Pause {
  bool on = false;
  std::optional<WallTime> until; // on and empty: until the file is gone
};

std::string pause_path(const std::string& own_dir);

// What cannot be read, or is no time, counts as on until it is gone.
Pause look_for_pause(Fs& fs, const std::string& own_dir, WallTime now);

// On success it survives a power cut.
Result<void>
write_pause(Fs& fs, const std::string& own_dir, std::optional<WallTime> until);
// One that is not there is fine.
Result<void> remove_pause(Fs& fs, const std::string& own_dir);

} // namespace coldpress
