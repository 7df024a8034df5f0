#pragma once

#include "fsutil/fs.hpp"
#include "worker/stage/candidate.hpp"
#include "worker/stage/step.hpp"
#include "worker/stage/tokens.hpp"

#include <string>
#include <variant>

namespace coldpress {

// What more than one stage asks.

// Stops with `in_both_trees` if the other tree has a form of the candidate: see
// find_twin().
Step<std::monostate>
has_no_twin(Fs& fs, const std::string& home, const Candidate& candidate);

// copy_metadata() of a claimed file. Stops with `metadata_not_kept` if something of it
// cannot be kept.
Step<std::monostate>
keep_metadata(Fs& fs, const Claim& claim, FileHandle to, const std::string& path);

} // namespace coldpress
