#pragma once

#include "worker/control/control_protocol.hpp"

#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace coldpress {

// Cuts a stream into lines and holds at most one of them: one that is longer than the
// limit is dropped, and the next begins after its end.
class LineCutter {
public:
  static constexpr std::size_t k_longest = std::size_t{64} << 10U; // bytes

  explicit LineCutter(std::size_t longest = k_longest) : longest_(longest) {}

  void feed(std::string_view bytes, const std::function<void(std::string_view)>& line);

private:
  std::size_t longest_;
  std::string begun_;
  bool dropping_ = false;
};

// What a pass has told at its end.
struct PassResult {
  std::uint64_t compressed = 0; // rollouts; recompressed ones, too
  std::uint64_t reaped = 0;
  std::uint64_t failed = 0;
  std::uint64_t needing_a_person = 0; // conflicts and orphans
  std::uint64_t bytes_before = 0;
  std::uint64_t bytes_after = 0;
  std::uint64_t not_freed_bytes = 0;
  double seconds = 0;
  std::string refused;  // the reason, or empty
  std::string deferred; // the reason, or empty
};

enum class PassNews : std::uint8_t { none, moved, waits };

// What the lines of `run --json` say of a pass under way. A line that is not understood
// says nothing.
class PassReport {
public:
  PassNews take(std::string_view line);

  const std::optional<ServiceProgress>& progress() const { return progress_; }
  const std::optional<PassResult>& result() const { return result_; }
  // Why it could not be done, for a person; may be empty.
  const std::string& error() const { return error_; }

private:
  std::optional<ServiceProgress> progress_;
  std::optional<PassResult> result_;
  std::string error_;
};

} // namespace coldpress
