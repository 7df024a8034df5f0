#pragma once

#include "fsutil/fs.hpp"

#include <cstdint>
#include <string>

namespace coldpress::preflight {

// What a user can do about a file or directory that could not be opened or made: one
// sentence without a full stop. `error` names it; `uid` is the user who runs coldpress.
std::string way_out(Fs& fs, const Error& error, std::uint32_t uid);

} // namespace coldpress::preflight
