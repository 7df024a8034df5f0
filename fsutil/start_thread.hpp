#pragma once

#include "fsutil/result.hpp"

#include <functional>
#include <string>
#include <thread>

namespace coldpress {

// std::thread throws where the system has none left. The error names the limits that may
// be the reason (RLIMIT_NPROC, pids.max of the control group) and what to do. `work` must
// not throw: an exception that leaves a thread ends the process.
Result<std::thread> start_thread(std::function<void()> work);

} // namespace coldpress
