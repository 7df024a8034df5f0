#include "tests/history/generate.hpp"

#include <fmt/format.h>

#include <array>
#include <functional>
#include <random>

namespace coldpress::history {

namespace {

constexpr auto k_kinds = std::to_array<std::string_view>({
    R"("context_window_exceeded")",
    R"("usage_limit_exceeded")",
    R"("server_overloaded")",
    R"("internal_server_error")",
    R"("unauthorized")",
    R"("bad_request")",
    R"("sandbox_error")",
    R"("cyber_policy")",
    R"("other")",
    R"({"http_connection_failed":{"http_status_code":502}})",
    R"({"response_stream_disconnected":{"http_status_code":null}})",
    R"({"response_too_many_failed_attempts":{"http_status_code":429}})",
    R"("thread_rollback_failed")",
    R"({"active_turn_not_steerable":{"turn_kind":"review"}})",
    R"("nobody_knows")",
    R"({"nobody_knows":{"a":1}})",
    R"(42)",
    R"(null)",
});

constexpr auto k_item_types = std::to_array<std::string_view>({
    R"("UserMessage","content":[{"type":"text","text":"asked"}])",
    R"("AgentMessage","content":[{"type":"Text","text":"answered"}])",
    R"("AgentMessage","content":[{"type":"Text","text":"final"}],"phase":"final_answer")",
    R"("AgentMessage","content":[{"type":"Text","text":"aside"}],"phase":"commentary")",
    R"("Reasoning","summary_text":["hm"],"raw_content":[])",
    R"("Plan","text":"first this")",
    R"("CommandExecution","command":["ls"],"status":"failed","exit_code":2)",
    R"("FileChange","changes":{"/a":{"type":"add","content":"x"}},"status":"completed")",
    R"("Extension","kind":"clock.sleep")",
    R"("ContextCompaction")",
    R"("Hologram")",
});

constexpr auto k_noise = std::to_array<std::string_view>({
    "",
    "  ",
    "{\"timestamp\":",
    "[1,2]",
    "null",
    R"({"timestamp":"2026-01-02T03:04:05.000Z","type":"quantum_state","payload":{}})",
    R"({"timestamp":"2026-01-02T03:04:05.000Z","type":"event_msg","payload":null})",
    R"({"type":"compacted","payload":{}})",
});

class Generator {
public:
  Generator(Generation generation, std::uint64_t seed)
      : generation_(generation), random_(seed) {}

  std::vector<std::string> lines() {
    record(
        "session_meta",
        fmt::format(R"("id":"0199aaaa-bbbb-7ccc-8ddd-eeeeffff0001","history_mode":"{}")",
                    paginated() ? "paginated" : "legacy"));
    for (unsigned count = 20 + below(60); count > 0; --count) {
      if (below(8) == 0) {
        lines_.emplace_back(one_of(k_noise));
      } else if (paginated()) {
        paginated_line();
      } else {
        legacy_line();
      }
    }
    return lines_;
  }

private:
  bool paginated() const { return generation_ == Generation::paginated; }
  // No distribution of the library: they differ between libraries.
  unsigned below(unsigned limit) { return static_cast<unsigned>(random_() % limit); }
  template <class List> std::string_view one_of(const List& list) {
    return list[below(static_cast<unsigned>(list.size()))];
  }

  // Mostly one of the last turns, sometimes one that nobody began.
  std::string turn() {
    const unsigned back = below(4);
    return fmt::format("t{}",
                       below(12) == 0    ? 999
                       : started_ > back ? started_ - back
                                         : started_);
  }
  std::string text() { return below(6) == 0 ? "" : fmt::format("text {}", below(1000)); }

  void record(std::string_view type, std::string_view payload) {
    std::string ordinal;
    if (paginated() && below(25) != 0) {
      next_ += below(15) == 0 ? 3 : 1;
      const std::uint64_t old = next_ > 4 ? next_ - 4 : 0;
      ordinal = fmt::format(R"("ordinal":{},)", below(20) == 0 ? old : next_);
    }
    const std::string_view time = below(40) == 0 ? "no time" : "2026-01-02T03:04:05.000Z";
    lines_.push_back(fmt::format(R"({{"timestamp":"{}",{}"type":"{}","payload":{{{}}}}})",
                                 time,
                                 ordinal,
                                 type,
                                 payload));
  }
  void event(std::string_view kind, std::string_view rest) {
    record("event_msg",
           fmt::format(R"("type":"{}"{}{})", kind, rest.empty() ? "" : ",", rest));
  }

  std::string error() {
    return fmt::format(
        R"("message":"m{}","codex_error_info":{})", below(9), one_of(k_kinds));
  }
  void start() {
    // The same id again, now and then.
    started_ += below(10) == 0 ? 0 : 1;
    event(below(2) == 0 ? "task_started" : "turn_started",
          fmt::format(R"("turn_id":"t{}","started_at":{})", started_, 1000 + below(100)));
  }
  void complete() {
    std::string rest = fmt::format(R"("turn_id":"{}","completed_at":{},"duration_ms":{})",
                                   turn(),
                                   below(99),
                                   below(99));
    if (generation_ != Generation::error_lines && below(3) == 0) {
      rest += below(6) == 0 ? R"(,"error":null)" : ",\"error\":{" + error() + "}";
    }
    event(below(2) == 0 ? "task_complete" : "turn_complete", rest);
  }
  void abort() {
    constexpr auto k_reasons = std::to_array<std::string_view>(
        {"interrupted", "replaced", "review_ended", "budget_limited", "meteor"});
    const std::string id = below(4) == 0 ? "null" : "\"" + turn() + "\"";
    event("turn_aborted",
          fmt::format(
              R"("turn_id":{},"reason":"{}","completed_at":5)", id, one_of(k_reasons)));
  }
  void tokens() {
    event("token_count",
          below(4) == 0
              ? std::string(R"("info":null)")
              : fmt::format(R"("info":{{"total_token_usage":{{"total_tokens":{}}}}})",
                            below(500)));
  }
  void roll_back() {
    event("thread_rolled_back",
          fmt::format(R"("num_turns":{})", below(9) == 0 ? 99 : below(4)));
  }
  void patch() {
    const std::string id = below(3) == 0 ? "" : fmt::format(R"(,"turn_id":"{}")", turn());
    event("patch_apply_end",
          fmt::format(R"("call_id":"call-{}","success":true,"status":"completed"{})",
                      below(4),
                      id));
  }
  void review() {
    const std::string id = below(2) == 0 ? "" : fmt::format(R"("turn_id":"{}")", turn());
    event(below(2) == 0 ? "entered_review_mode" : "exited_review_mode", id);
  }
  void hook() {
    record("response_item",
           R"("type":"message","role":"user","content":[{"type":"input_text",)"
           R"("text":"<hook_prompt hook_run_id=\"r\">again</hook_prompt>"}])");
  }
  void item() {
    event("item_completed",
          fmt::format(R"("turn_id":"{}","item":{{"id":"i{}","type":{}}}{})",
                      turn(),
                      below(30),
                      one_of(k_item_types),
                      below(9) == 0 ? "" : R"(,"started_at_ms":7)"));
  }
  void message(std::string_view kind) {
    event(kind, fmt::format(R"("message":"{}")", text()));
  }

  void legacy_line() {
    switch (below(20)) {
    case 0:
    case 1:
    case 2:
      return start();
    case 3:
    case 4:
      return complete();
    case 5:
      return abort();
    case 6:
      return roll_back();
    case 7:
    case 8:
      return generation_ == Generation::error_lines ? event("error", error())
                                                    : complete();
    case 9:
    case 10:
      return message("user_message");
    case 11:
    case 12:
      return message("agent_message");
    case 13:
      return event("agent_reasoning", fmt::format(R"("text":"{}")", text()));
    case 14:
      return event("agent_reasoning_raw_content", fmt::format(R"("text":"{}")", text()));
    case 15:
      return patch();
    case 16:
      return review();
    case 17:
      return below(2) == 0 ? hook() : record("compacted", R"("message":"short")");
    case 18:
      return below(2) == 0 ? tokens() : event("context_compacted", "");
    default:
      return below(2) == 0 ? item()
                           : event("mcp_tool_call_end",
                                   R"("call_id":"m1","result":{"Ok":{"isError":true}})");
    }
  }

  void paginated_line() {
    switch (below(14)) {
    case 0:
    case 1:
      return start();
    case 2:
    case 3:
      return complete();
    case 4:
      return abort();
    case 5:
      return event("error", error());
    case 6:
      return roll_back();
    case 7:
      return tokens();
    case 8:
      return message("user_message");
    case 9:
      return event("realtime_item", "");
    default:
      return item();
    }
  }

  Generation generation_;
  std::mt19937_64 random_;
  std::vector<std::string> lines_;
  unsigned started_ = 0;
  std::uint64_t next_ = 0;
};

} // namespace

std::vector<std::string> generate(Generation generation, std::uint64_t seed) {
  return Generator(generation, seed).lines();
}

std::string joined(const std::vector<std::string>& lines) {
  std::string text;
  for (const std::string& line : lines) {
    text += line;
    text += '\n';
  }
  return text;
}

} // namespace coldpress::history
