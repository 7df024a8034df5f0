#pragma once

#include "fsutil/clock.hpp"
#include "worker/control/control_protocol.hpp"

#include <chrono>
#include <string>

namespace coldpress {

// Asks the daemon at `path` and waits for its answer, `limit` at most; blocks the calling
// thread. The daemon must run as `uid` or as root, or it is asked nothing.
//
// The answer may itself be a failure. Errors have what to do in their context:
// Errc::not_found: no daemon is there; Errc::busy: it has no time, or gave no answer in
// time; Errc::denied: not ours to ask; Errc::unsupported: it speaks another version;
// Errc::corrupt: what answered is no coldpress.
Result<ControlReply> ask_daemon(const std::string& path,
                                const ControlRequest& request,
                                std::uint32_t uid,
                                const Clock& clock,
                                std::chrono::milliseconds limit = std::chrono::seconds{
                                    5});

} // namespace coldpress
