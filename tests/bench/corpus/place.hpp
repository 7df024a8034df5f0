#pragma once

#include "tests/bench/corpus/random.hpp"
#include "tests/bench/corpus/rollout.hpp"

#include <cstdint>
#include <string>

// Where rollouts stand in a made-up Codex home, and how old they look.
namespace coldpress::corpus {

struct StoreWritten {
  std::uint64_t files = 0;
  std::uint64_t bytes = 0;
  std::uint64_t archived_files = 0;
  std::uint64_t archived_bytes = 0;
};

inline constexpr std::int64_t k_minute_ms = 60'000;
inline constexpr std::int64_t k_day_ms = 24 * 60 * k_minute_ms;

// Two of three rollouts are archived.
inline constexpr unsigned k_archived_percent = 66;

// A session of some day between twelve days and seven months before `now_ms`.
Request old_session(Rng& rng, Profile profile, std::uint64_t bytes, std::int64_t now_ms);

// The path of `session` in the home `dir`, in the tree it belongs to.
std::string rollout_path(const std::string& dir, const Request& session, bool archived);

// When a cold rollout was last written, however long its session went on: weeks ago.
std::int64_t last_write(const Written& file, std::int64_t now_ms);

// Cuts the file off at `bytes`, if that is shorter, and sets its time.
Result<void> finish_file(const std::string& path, std::uint64_t bytes, std::int64_t ms);

// Counts one more rollout.
void note(StoreWritten& written, std::uint64_t bytes, bool archived);

} // namespace coldpress::corpus
