#pragma once

#include "tests/bench/corpus/place.hpp"

#include <cstdint>
#include <string>

namespace coldpress::corpus {

struct HomeRequest {
  std::string dir;
  Profile profile = Profile::chat;
  std::uint64_t files = 1;
  std::uint64_t bytes = 0; // of each file; 0: sizes as chats have, 20 to 500 KB
  std::uint64_t seed = 1;
  std::int64_t now_ms = 0; // everything is weeks older
};

// A Codex home of one profile: whole cold rollouts and nothing odd, so that every
// compressor takes every file. Of `forks` the first is the parent of all others.
// Same request, same names, bytes and mtimes. Leaves what else is in `dir` alone.
Result<StoreWritten> write_home(const HomeRequest& request);

} // namespace coldpress::corpus
