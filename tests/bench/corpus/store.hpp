#pragma once

#include "tests/bench/corpus/place.hpp"

#include <cstdint>
#include <string>

namespace coldpress::corpus {

struct StoreRequest {
  std::string dir;
  double scale = 1.0; // 1 is about 300 MB; small files grow in number, large ones in size
  std::uint64_t seed = 1;
  std::int64_t now_ms = 0; // the day the store is looked at; everything is older
};

// A Codex home with `sessions` and `archived_sessions`, weeks to months old by mtime, and
// with what real stores also hold: an empty rollout, a torn last line, CRLF line ends and
// a rollout that is too young. The same request gives the same names, bytes and mtimes.
// Writes over files of the same name and leaves others alone.
Result<StoreWritten> write_store(const StoreRequest& request);

} // namespace coldpress::corpus
