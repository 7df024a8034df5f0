#pragma once

namespace coldpress {

// Puts the calling thread into the idle class for CPU and I/O: it gets what no other
// wants. Best effort; what the system refuses is left as it was.
//
// Never for a thread that takes a lock others wait for: an idle-class holder may not be
// scheduled for hundreds of milliseconds.
void make_this_thread_idle();

// Names the calling thread for ps and debuggers; at most 15 bytes are kept.
void name_this_thread(const char* name);

} // namespace coldpress
