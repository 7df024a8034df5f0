#pragma once

#include "fsutil/clock.hpp"
#include "locking/process_id.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace coldpress {

// What store.lock says about its holder.
struct LockRecord {
  ProcessId process;
  std::uint64_t generation = 0;
  WallTime since{};
  WallTime heartbeat{};
  bool released = false;
};

inline constexpr std::size_t k_lock_record_bytes = 512;

// Always k_lock_record_bytes long, so that one write replaces the one before: lines
// `key=value` in a fixed order, the last one a checksum of those before it, then
// spaces and a newline. `process` must be as this_process() makes it.
std::string encode_lock_record(const LockRecord& record);

// Empty if the text is no whole record: torn, of another layout, or something else.
std::optional<LockRecord> decode_lock_record(std::string_view text);

} // namespace coldpress
