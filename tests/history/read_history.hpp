#pragma once

#include "worker/history/bases.hpp"
#include "worker/history/history.hpp"
#include "worker/history/rows.hpp"

#include <map>
#include <string>
#include <string_view>

namespace coldpress::history {

struct Run {
  Rows rows;
  ThreadRow thread;
  LineCounts counts;
};

// Each line of `text`; what stands behind the last newline is a line, too.
void feed_lines(History& history, std::string_view text);

Run read_rollout(std::string_view text, ErrorLines error_lines);

// By rollout id, with what it inherits.
Result<Run> read_thread(const std::map<std::string, std::string>& rollouts,
                        const std::string& id,
                        ErrorLines error_lines);

} // namespace coldpress::history
