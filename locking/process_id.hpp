#pragma once

#include <cstdint>
#include <string>

namespace coldpress {

// One process, told apart from a later one of the same pid, from one before a reboot,
// and from one on another machine.
struct ProcessId {
  std::string host;
  std::uint32_t pid = 0;
  std::uint64_t start_time = 0; // in the kernel's own unit; compare, do not convert
  std::string boot_id;          // empty where the system does not tell

  friend bool operator==(const ProcessId&, const ProcessId&) = default;
};

// The host name is cut at 200 bytes, and bytes that would break a line of text are
// replaced by '?'. Thread-safe.
ProcessId this_process();

// Both ran on the same host since the same boot. An unknown boot id matches none.
bool same_boot(const ProcessId& a, const ProcessId& b);

// Whether any process here has that pid now, a zombie and another user's included. Never
// sends a signal other than 0.
bool pid_exists(std::uint32_t pid);

std::uint32_t effective_uid();

} // namespace coldpress
