#pragma once

#include <chrono>

namespace coldpress {

// Whether a line of up to 4096 bytes can be written to standard output now, without a
// wait for the reader; waits at most `limit` for that. True, too, if no process reads
// it any more: the write says so.
bool output_ready(std::chrono::milliseconds limit);

// True if standard output is a pipe or socket that no process reads any more.
bool output_abandoned();

} // namespace coldpress
