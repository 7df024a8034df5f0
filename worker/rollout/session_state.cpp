#include "worker/rollout/session_state.hpp"

#include "fsutil/text.hpp"
#include "worker/rollout/line_reader_backward.hpp"
#include "worker/rollout/line_scan.hpp"

#include <fmt/format.h>
#include <simdjson.h>

namespace coldpress {

namespace {

namespace dom = simdjson::dom;

// What one line says; nothing if it says nothing of it.
std::optional<SessionState> state_in(const Line& line) {
  // Most lines are something else, and some are very long.
  if (line.text.find("session_state") == std::string_view::npos ||
      scan_line(line.text, line.newline).type != "session_state") {
    return std::nullopt;
  }
  dom::parser parser;
  dom::element task;
  if (parser.parse(line.text.data(), line.text.size())["payload"]["agent_task"].get(
          task) != simdjson::SUCCESS) {
    return std::nullopt;
  }
  if (task.is_null()) {
    return SessionState{SessionState::Kind::cleared, {}};
  }
  if (!task.is_object()) {
    return std::nullopt;
  }
  return SessionState{SessionState::Kind::value, simdjson::minify(task)};
}

} // namespace

Result<SessionState>
read_session_state(Fs& fs, const Clock& clock, const std::string& path) {
  TRY_ASSIGN(BackwardLineReader lines, BackwardLineReader::open(fs, clock, path));
  for (;;) {
    TRY_ASSIGN(const auto line, lines.next());
    if (!line) {
      return SessionState{};
    }
    if (auto state = state_in(*line)) {
      return std::move(*state);
    }
  }
}

std::string session_state_record(WallTime when, std::optional<std::string_view> value) {
  return fmt::format(R"({{"timestamp":"{}","type":"session_state","payload":)"
                     R"({{"agent_task":{}}}}})",
                     format_time(when),
                     value.value_or("null"));
}

} // namespace coldpress
