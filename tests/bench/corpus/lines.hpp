#pragma once

#include "tests/bench/corpus/sink.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace coldpress::corpus {

// "2026-03-05T12:34:56.789Z"
std::string format_timestamp(std::int64_t unix_ms);

// The lines of one rollout: each a record in Codex's envelope, with the next ordinal and
// the time of the session's own clock.
class Lines {
public:
  Lines(Sink& sink, std::int64_t start_ms, std::string_view line_end)
      : sink_(sink), now_ms_(start_ms), line_end_(line_end) {}

  // begin(), then add() the payload (one JSON value, in pieces), then end().
  void begin(std::string_view type);
  void add(std::string_view text) { sink_.add(text); }
  void end();

  // The session's clock goes on; a replay copies a past session in one moment.
  void pass(std::int64_t milliseconds) { now_ms_ += replaying_ ? 0 : milliseconds; }
  void replay(bool on) { replaying_ = on; }

  std::int64_t now_ms() const { return now_ms_; }
  std::uint64_t next_ordinal() const { return ordinal_; }
  std::uint64_t size() const { return sink_.size(); }
  bool failed() const { return sink_.failed(); }

private:
  Sink& sink_;
  std::int64_t now_ms_;
  std::string_view line_end_;
  std::uint64_t ordinal_ = 0;
  bool replaying_ = false;
};

} // namespace coldpress::corpus
