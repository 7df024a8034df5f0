#pragma once

#include "worker/preflight/store.hpp"

#include <string>

namespace coldpress {

// What a user can do about a .zst that was found damaged, or that no Codex reads: by what
// else stands of the rollout, then by what its first frame asks of a decoder. The only
// place that says so.
std::string damage_advice(Fs& fs, const Store& store, const std::string& compressed_path);

} // namespace coldpress
