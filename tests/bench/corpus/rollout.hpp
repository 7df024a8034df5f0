#pragma once

#include "fsutil/result.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace coldpress::corpus {

// What a session spends its bytes on. `incompressible` and `zeros` are no JSON after the
// first line: random bytes and NULs, in exactly the size asked for.
enum class Profile : std::uint8_t {
  chat,
  text,
  images,
  long_images,
  forks,
  incompressible,
  zeros,
};

std::optional<Profile> profile_named(std::string_view name);

struct Request {
  Profile profile = Profile::chat;
  std::uint64_t bytes = 0; // the last record is whole, so a file may be larger
  std::uint64_t seed = 1;
  std::int64_t start_ms = 0; // when the session began, Unix time
  std::string_view line_end = "\n";
};

struct Written {
  std::uint64_t bytes = 0;
  std::int64_t end_ms = 0; // when the last record was made, on the session's clock
  // `forks` only: where its children part from it.
  std::uint64_t cut_ordinal = 0;
  std::uint64_t cut_offset = 0;
};

// The id of the thread that `request` writes.
std::string thread_id(const Request& request);

// The same request gives the same bytes, anywhere. For `forks` this is the parent.
Result<Written> write_rollout(const std::string& path, const Request& request);

// The request of a child of `parent`: begun `delay_ms` later, the `nth` of its children.
Request fork_of(const Request& parent, std::int64_t delay_ms, std::uint64_t nth);

// Writes a child: its own session_meta with a history_base, the parent's records up to
// the cut, equal but for the timestamps, and records of its own. Takes nothing from the
// parent's file but what write_rollout() said of it.
Result<Written> write_fork(const std::string& path,
                           const Request& child,
                           const Request& parent,
                           const Written& parent_file);

} // namespace coldpress::corpus
