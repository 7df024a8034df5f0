#pragma once

#include <vector>

namespace coldpress {

// The signals on which a run ends in good order: SIGINT, SIGTERM, and SIGHUP of a closed
// terminal unless it was ignored at the start (nohup).
std::vector<int> stop_signals();

// False for a SIGHUP after the first signal: a terminal that closes may send it twice, by
// the kernel and by the shell. Any other second signal means at once.
bool ends_at_once(int signal);

} // namespace coldpress
