#pragma once

#include "fsutil/result.hpp"
#include "worker/cli/fleet/view.hpp"

#include <string>
#include <string_view>

namespace coldpress {

// The lines of one command on one store, as they come.
class StoreLines {
public:
  // `result` names store and command; what the lines say is put into it.
  explicit StoreLines(StoreResult& result) : result_(result) {}

  // The line as the stream of several stores has it: with `store`. Empty if it is no
  // object of ours; the result says so then.
  std::string take(std::string_view line);

private:
  StoreResult& result_;
};

// The line `store`; see FORMAT.md.
std::string json_of(const StoreResult& result);
// Its counterpart. Errc::invalid with a sentence if it is not such a line.
Result<StoreResult> parse_store_result(std::string_view line);

// The line `stores`, the last of the stream.
std::string json_of(const FleetView& view);

// What a merge reads of any line.
struct FleetLine {
  std::string type;    // message_type
  std::string command; // of `store` and `stores`
  std::string list; // of `stores`, and so is the next: the digest of its list, or empty
  std::optional<Shard> shard;
  std::uint64_t left = 0; // stores not begun
  bool whole = false;     // it is of a merge that missed nothing
};
Result<FleetLine> parse_fleet_line(std::string_view line);

} // namespace coldpress
