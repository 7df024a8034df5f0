#pragma once

#include "worker/stage/candidate.hpp"

#include <optional>
#include <string>

namespace coldpress {

// A candidate, if that .zst begins with a weak frame; empty if not, or if it cannot be
// read. Opens it, for its header and its first record. `home` is the store.
std::optional<Candidate>
find_weak(Fs& fs, const std::string& home, Root root, const std::string& path);

} // namespace coldpress
