#pragma once

#include "worker/history/rows.hpp"

#include <string>
#include <vector>

namespace coldpress::history {

// Where the three observers contradict each other about a turn: that there is one, how it
// stands, and whether an `error` line failed it. Empty if they agree.
//
// What Lifecycle leaves out on purpose: turns that no record began (they are completed),
// and turns that only items have named.
std::vector<std::string> disagreements(const Rows& rows);

} // namespace coldpress::history
