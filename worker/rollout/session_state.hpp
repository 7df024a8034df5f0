#pragma once

#include "fsutil/clock.hpp"
#include "fsutil/fs.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace coldpress {

// What a rollout says of its session's task. The three answers are different: nobody ever
// said anything, somebody cleared it, or there is one.
struct SessionState {
  enum class Kind : std::uint8_t { nothing, cleared, value };
  Kind kind = Kind::nothing;
  std::string value; // JSON text of `agent_task`
};

// By the last session_state record, read from the end, in either form. One whose payload
// has no agent_task, or one that is neither null nor an object, is passed over, as are
// lines that are no record. Errors as BackwardLineReader.
Result<SessionState>
read_session_state(Fs& fs, const Clock& clock, const std::string& path);

// The record that says so, for RolloutWriter::append(); no value clears it. `value` is
// one JSON object on one line.
std::string session_state_record(WallTime when, std::optional<std::string_view> value);

} // namespace coldpress
