#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace coldpress {

// The one rollout that the explorer plays with: what it consists of, and where its forms
// may stand.

// Which records something holds: bit 0 is the beginning, bit n record n.
using RecordSet = std::uint32_t;

inline constexpr int k_records = 6; // records 1 to 5 and the beginning

// The session_meta and enough lines that a frame of it frees a block.
const std::string& rollout_beginning();
const std::string& rollout_record(int number);

// Nothing unless the bytes are whole records and none of them twice.
std::optional<RecordSet> records_in(const std::string& bytes);

// One frame as coldpress makes it.
std::string frame_of(const std::string& bytes);
// The bytes of a frame; nothing if it is damaged.
std::optional<std::string> decode_frame(const std::string& frame);

struct RolloutPlaces {
  std::string home;
  std::string state_dir;
  std::string orphans_dir;
  std::string plain; // in the active tree
  std::string compressed;
  std::string retired;
  std::string archived_plain;
  std::string archived_compressed;
  std::string temp; // a name that Codex gives to what it materialises
  std::string thread_id;
  std::string coordination;
  std::string maintenance;
  std::string thread_lock;
};
const RolloutPlaces& places();
// What a call is about. Two steps that share none of it come to the same in either order.
using Touches = std::uint32_t;
inline constexpr Touches k_plain = 1;         // the name P, and what the file holds
inline constexpr Touches k_frame = 2;         // Z
inline constexpr Touches k_retired = 4;       // R, and what it holds
inline constexpr Touches k_archive = 8;       // both forms in the other tree
inline constexpr Touches k_thread_locks = 16; // coordination and the thread's lock
inline constexpr Touches k_maintenance = 32;
inline constexpr Touches k_temp = 64;
inline constexpr Touches k_everything = 127;
Touches touched_by(const std::string& path);

// The text with P, Z, R and so on for the paths in it.
std::string short_names(std::string text);

} // namespace coldpress
