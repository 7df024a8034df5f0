#include "tests/bench/corpus/conversation.hpp"

#include "tests/bench/corpus/text.hpp"

#include <fmt/format.h>

#include <utility>

namespace coldpress::corpus {

namespace {

constexpr std::size_t k_remembered_outputs = 800;
constexpr unsigned k_repeated_percent = 20;

const std::string& base_instructions() {
  static const std::string k_text = [] {
    Rng rng(11);
    std::string text = "You are a coding agent running in a terminal.\\n\\n";
    append_prose(text, rng, 6000);
    return text;
  }();
  return k_text;
}

std::string prose(Rng& rng, std::uint64_t low, std::uint64_t high) {
  std::string text;
  append_prose(text, rng, rng.spread(low, high));
  return text;
}

} // namespace

Conversation::Conversation(
    Lines& lines, Rng rng, Manner manner, std::string id, std::int64_t start_ms)
    : lines_(lines), rng_(rng), manner_(manner), id_(std::move(id)), start_ms_(start_ms),
      cwd_("/home/dev/projects/") {
  append_source_path(cwd_, rng_);
  cwd_.resize(cwd_.size() - std::string_view(".cpp").size());
}

void Conversation::become(std::string id, Rng rng) {
  id_ = std::move(id);
  rng_ = rng;
}

void Conversation::session_meta(const std::string& id,
                                const std::optional<HistoryBase>& base) {
  lines_.begin("session_meta");
  lines_.add(fmt::format(
      R"({{"id":"{}","timestamp":"{}","cwd":"{}","originator":"codex_cli_rs",)"
      R"("cli_version":"0.169.0","source":"cli","model_provider":"openai",)"
      R"("history_mode":"paginated",)",
      id,
      format_timestamp(lines_.now_ms()),
      cwd_));
  if (base) {
    lines_.add(fmt::format(R"("forked_from_id":"{0}","history_base":{{"thread_id":"{0}",)"
                           R"("end_ordinal_exclusive":{1},"end_byte_offset":{2}}},)",
                           base->thread_id,
                           base->end_ordinal_exclusive,
                           base->end_byte_offset));
  }
  lines_.add(R"("base_instructions":{"text":")");
  lines_.add(base_instructions());
  lines_.add(R"("},"git":{"branch":"main"}})");
  lines_.end();
}

void Conversation::step() {
  lines_.pass(static_cast<std::int64_t>(rng_.between(200, 9000)));
  if (!in_turn_) {
    begin_turn();
  } else if (commands_left_ > 0) {
    --commands_left_;
    run_command();
  } else {
    end_turn();
  }
}

void Conversation::begin_turn() {
  in_turn_ = true;
  turn_id_ = make_uuid(rng_, start_ms_);
  commands_left_ = rng_.between(manner_.commands_min, manner_.commands_max);
  lines_.begin("event_msg");
  lines_.add(fmt::format(
      R"({{"type":"task_started","turn_id":"{}","model_context_window":272000}})",
      turn_id_));
  lines_.end();
  // With what 0.169 writes into a turn, as the session_meta says: the version guard tells
  // the writer by that.
  lines_.begin("turn_context");
  lines_.add(fmt::format(
      R"({{"turn_id":"{}","root_turn_id":"{}","cwd":"{}","workspace_roots":["{}"],)"
      R"("multi_agent_version":"v1","disabled_plugin_ids":[],)"
      R"("approval_policy":"on-request","sandbox_policy":)"
      R"({{"type":"workspace-write","writable_roots":["{}"],"network_access":false,)"
      R"("exclude_tmpdir_env_var":false,"exclude_slash_tmp":false}},)"
      R"("model":"gpt-5.5-codex","effort":"medium",)"
      R"("summary":"auto","truncation_policy":{{"mode":"tokens","limit":10000}}}})",
      turn_id_,
      turn_id_,
      cwd_,
      cwd_,
      cwd_));
  lines_.end();
  message("user", "UserMessage", prose(rng_, 60, 1200));
}

void Conversation::end_turn() {
  in_turn_ = false;
  reasoning();
  const std::string answer = prose(rng_, 200, 2400);
  message("assistant", "AgentMessage", answer);
  token_count();
  lines_.begin("event_msg");
  lines_.add(fmt::format(
      R"({{"type":"task_complete","turn_id":"{}","last_agent_message":"{}"}})",
      turn_id_,
      answer));
  lines_.end();
}

void Conversation::run_command() {
  reasoning();
  scratch_ = "call_";
  append_base64(scratch_, rng_, 24);
  for (char& c : scratch_) {
    c = c == '+' || c == '/' ? 'x' : c;
  }
  const std::string call = scratch_;
  command_records(call, command_output());
  token_count();
}

void Conversation::reasoning() {
  lines_.begin("response_item");
  lines_.add(R"({"type":"reasoning","summary":[],"content":null,"encrypted_content":")");
  scratch_ = "gAAAAAB";
  append_base64(scratch_, rng_, rng_.spread(manner_.secret_min, manner_.secret_max));
  scratch_ += R"(=="})";
  lines_.add(scratch_);
  lines_.end();
}

// The model sees the output cut short; the event for people holds it three times.
void Conversation::command_records(std::string_view call, std::string_view output) {
  constexpr std::size_t k_shown = 2000;
  std::string command;
  append_command(command, rng_);
  lines_.begin("response_item");
  lines_.add(fmt::format(
      R"({{"type":"function_call","name":"exec_command","arguments":"{{\"cmd\":\"{}\",)"
      R"(\"workdir\":\"{}\",\"yield_time_ms\":1000}}","call_id":"{}"}})",
      command,
      cwd_,
      call));
  lines_.end();
  std::string_view shown = output.substr(0, output.find("\\n", k_shown));
  lines_.begin("response_item");
  lines_.add(fmt::format(
      R"({{"type":"function_call_output","call_id":"{}","output":"{}"}})", call, shown));
  lines_.end();
  lines_.begin("event_msg");
  lines_.add(fmt::format(
      R"({{"type":"item_completed","thread_id":"{}","turn_id":"{}","item":)"
      R"({{"type":"CommandExecution","id":"{}","command":["/bin/bash","-lc","{}"],)"
      R"("cwd":"{}","source":"agent","stdout":")",
      id_,
      turn_id_,
      call,
      command,
      cwd_));
  lines_.add(output);
  lines_.add(R"(","stderr":"","aggregated_output":")");
  lines_.add(output);
  lines_.add(
      fmt::format(R"(","exit_code":0,"duration":{{"secs":0,"nanos":{}}},)"
                  R"("status":"completed","formatted_output":"Exit code: 0\nOutput:\n)",
                  rng_.below(999999999)));
  lines_.add(output);
  lines_.add(R"("}})");
  lines_.end();
}

void Conversation::token_count() {
  tokens_ += rng_.between(400, 4000);
  const std::uint64_t cached = tokens_ - rng_.below(400);
  const std::uint64_t answered = rng_.below(900);
  lines_.begin("event_msg");
  lines_.add(fmt::format(
      R"({{"type":"token_count","info":{{"total_token_usage":{{"input_tokens":{0},)"
      R"("cached_input_tokens":{1},"output_tokens":{2},"reasoning_output_tokens":{3},)"
      R"("total_tokens":{4}}},"last_token_usage":{{"input_tokens":{5},)"
      R"("cached_input_tokens":{6},"output_tokens":{2},"reasoning_output_tokens":{3},)"
      R"("total_tokens":{7}}},"model_context_window":272000}},"rate_limits":)"
      R"({{"primary":{{"used_percent":{8}.0,"window_minutes":300}},"secondary":)"
      R"({{"used_percent":{8}.0,"window_minutes":10080}},"credits":null}}}})",
      tokens_ * 9,
      cached * 9,
      answered,
      answered / 2,
      tokens_ * 9 + answered,
      tokens_,
      cached,
      tokens_ + answered,
      tokens_ / 100000 % 100));
  lines_.end();
}

void Conversation::message(std::string_view role,
                           std::string_view item,
                           std::string_view text) {
  const std::string_view kind = role == "user" ? "input_text" : "output_text";
  lines_.begin("response_item");
  lines_.add(fmt::format(
      R"({{"type":"message","role":"{}","content":[{{"type":"{}","text":"{}"}}]}})",
      role,
      kind,
      text));
  lines_.end();
  lines_.begin("event_msg");
  lines_.add(fmt::format(
      R"({{"type":"item_completed","thread_id":"{}","turn_id":"{}","item":)"
      R"({{"type":"{}","id":"{}","content":[{{"type":"text","text":"{}"}}]}}}})",
      id_,
      turn_id_,
      item,
      make_uuid(rng_, start_ms_),
      text));
  lines_.end();
}

void Conversation::show_image(std::string_view data) {
  lines_.begin("response_item");
  lines_.add(R"({"type":"message","role":"user","content":[{"type":"input_image",)"
             R"("image_url":"data:image/png;base64,)");
  lines_.add(data);
  lines_.add(R"("}]})");
  lines_.end();
}

// Valid until the next call.
std::string_view Conversation::command_output() {
  if (!outputs_.empty() && rng_.percent(k_repeated_percent)) {
    return outputs_[rng_.below(outputs_.size())];
  }
  std::string output;
  append_output(output, rng_, rng_.spread(manner_.output_min, manner_.output_max));
  if (outputs_.size() < k_remembered_outputs) {
    outputs_.push_back(std::move(output));
    return outputs_.back();
  }
  std::string& place = outputs_[rng_.below(k_remembered_outputs)];
  place = std::move(output);
  return place;
}

} // namespace coldpress::corpus
