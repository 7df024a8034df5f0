#pragma once

#include "tests/history/read_history.hpp"

#include <fmt/format.h>

#include <string>
#include <string_view>
#include <vector>

namespace coldpress::history {

// Builds the lines of a rollout. In a paginated one each has the next ordinal.
class Lines {
public:
  explicit Lines(Mode mode) : mode_(mode) {
    record("session_meta",
           fmt::format(R"("id":"thread","history_mode":"{}")", name_of(mode)));
  }
  Lines& record(std::string_view type, std::string_view payload) {
    const std::string ordinal =
        mode_ == Mode::paginated ? fmt::format(R"("ordinal":{},)", ordinal_++) : "";
    return raw(fmt::format(
        R"({{"timestamp":"2026-01-02T03:04:05.000Z",{}"type":"{}","payload":{{{}}}}})",
        ordinal,
        type,
        payload));
  }
  Lines& event(std::string_view kind, std::string_view rest = "") {
    return record("event_msg",
                  fmt::format(R"("type":"{}"{}{})", kind, rest.empty() ? "" : ",", rest));
  }
  Lines& raw(std::string_view line) {
    text_ += line;
    text_ += '\n';
    return *this;
  }
  Lines& start(std::string_view id) {
    return event("task_started", fmt::format(R"("turn_id":"{}","started_at":10)", id));
  }
  Lines& complete(std::string_view id, std::string_view more = "") {
    return event("task_complete",
                 fmt::format(R"("turn_id":"{}","completed_at":20,"duration_ms":5{}{})",
                             id,
                             more.empty() ? "" : ",",
                             more));
  }
  Lines& user(std::string_view text) {
    return event("user_message", fmt::format(R"("message":"{}")", text));
  }
  Lines& agent(std::string_view text) {
    return event("agent_message", fmt::format(R"("message":"{}")", text));
  }
  Lines&
  item(std::string_view turn, std::string_view id, std::string_view type_and_more) {
    return event(
        "item_completed",
        fmt::format(
            R"("turn_id":"{}","item":{{"id":"{}","type":{}}})", turn, id, type_and_more));
  }
  const std::string& text() const { return text_; }

  // "t1 completed [item-1 item-2]" for each turn.
  std::vector<std::string> turns(ErrorLines error_lines = ErrorLines::counted) const {
    const Run run = read_rollout(text_, error_lines);
    std::vector<std::string> told;
    for (const TurnView& view : view_of(run.rows, run.thread.mode)) {
      std::string ids;
      for (const auto* row : view.items) {
        ids += (ids.empty() ? "" : " ") + row->item.id;
      }
      told.push_back(fmt::format("{} {} [{}]", view.row->id, name_of(view.status), ids));
    }
    return told;
  }

private:
  Mode mode_;
  std::string text_;
  std::uint64_t ordinal_ = 0;
};

using Told = std::vector<std::string>;

} // namespace coldpress::history
