#pragma once

#include "config/load.hpp"
#include "fsutil/fs.hpp"
#include "worker/schedule/schedule_types.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace coldpress {

enum class Level : std::uint8_t {
  ok,
  note,    // worth knowing
  warning, // worth a look when there is time
  problem, // needs attention now
};

std::string_view name_of(Level level);

// One thing that was looked at, and what it is like.
struct Finding {
  std::string_view check; // a literal: "store_lock". Never given another meaning
  Level level = Level::ok;
  std::string what; // bytes of names and files: make them printable() before showing
  std::string hint; // what to do; may be empty
};

// Looks at everything a store depends on, and at what surrounds it: `inputs` as for
// load_settings(), `uid` is ours, `schedule` what starts the runs. Changes nothing but
// for an unnamed file that is gone before it returns. What could not be looked at is a
// finding; a configuration that is wrong is one, too, and the look goes on without it.
// Errc::invalid only if a flag is wrong.
Result<std::vector<Finding>> examine(Fs& fs,
                                     const Clock& clock,
                                     const LoadInputs& inputs,
                                     std::uint32_t uid,
                                     Result<ScheduleStatus> schedule);

// How many of that level.
std::size_t count(const std::vector<Finding>& findings, Level level);

} // namespace coldpress
