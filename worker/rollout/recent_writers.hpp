#pragma once

#include "fsutil/clock.hpp"
#include "fsutil/fs.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace coldpress {

// Which releases may have written a turn, told by members of its turn_context that came
// with a release and stayed. session_meta names only who began a rollout. Measured with
// the released programs; tests/interop measures it again.
enum class TurnWriter : std::uint8_t {
  before_0_136, // none of them
  only_0_136,   // workspace_roots, which later releases dropped again
  from_0_137,   // multi_agent_version: this release and later ones read .zst
  from_0_153,   // and root_turn_id
  from_0_155,   // and disabled_plugin_ids
};
inline constexpr std::size_t k_turn_writers = 5;

// One turn_context.
struct Turn {
  TurnWriter writer = TurnWriter::before_0_136;
  // When it began. A fork that copies its parent's turns gives the lines the time of the
  // fork, but keeps the id of each turn, a UUIDv7 that holds the time of its beginning.
  WallTime when{};
  bool dated_by_id = false; // the id holds a time: the turn is no undated copy
};

// Nothing if the line is not one whole JSON object of type turn_context with a timestamp.
// Never throws.
std::optional<Turn> parse_turn(std::string_view line);

// Who wrote turns into a rollout after some moment.
struct RecentWriters {
  // The latest turn of each, by TurnWriter; the epoch: none.
  std::array<WallTime, k_turn_writers> last{};
  // Turns from then on were all seen. The epoch: all of the file was; WallTime::max():
  // not one.
  WallTime seen_since{};
  friend bool operator==(const RecentWriters&, const RecentWriters&) = default;
};

// Enough for all that is written to a rollout in a month, but for the very largest.
inline constexpr std::uint64_t k_turns_bytes = std::uint64_t{1} << 30U;

// Reads turns of a plain rollout from its end, until one began before `since`: at most
// `bytes`. `begun` is the time of its first record. A turn without a time of its own that
// was written together with the first record is not taken for one: it is a fork's copy of
// its parent's, or the turn of whoever began the rollout, and whom that record names.
Result<RecentWriters> read_recent_writers(Fs& fs,
                                          FileHandle file,
                                          std::uint64_t size,
                                          WallTime begun,
                                          WallTime since,
                                          std::uint64_t bytes = k_turns_bytes);

} // namespace coldpress
