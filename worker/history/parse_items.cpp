#include "worker/history/parse_items.hpp"

#include "worker/history/preview.hpp"

namespace coldpress::history {

namespace {

Item item_of(std::string_view type) {
  Item item;
  item.type = type;
  return item;
}

bool blank(std::string_view text) {
  return text.find_first_not_of(" \t\r\n") == std::string_view::npos;
}

// How many images a list of them holds.
bool any_of(const std::optional<dom::element>& list) {
  dom::array array;
  return list && list->get(array) == simdjson::SUCCESS && array.size() > 0;
}

void parse_user_message(Fields& payload, Record& record) {
  Item item = item_of("userMessage");
  std::string text = payload.text("message");
  const bool images =
      any_of(payload.find("images")) || any_of(payload.find("local_images"));
  record.preview = preview_of(text, images);
  item.text = blank(text) ? std::string() : std::move(text);
  record.item = std::move(item);
}

void parse_agent_message(Fields& payload, Record& record) {
  Item item = item_of("agentMessage");
  item.text = payload.text("message");
  item.phase = payload.text_if("phase").value_or("");
  if (!item.text.empty()) {
    record.item = std::move(item);
  }
}

void parse_reasoning(Fields& payload, Record& record) {
  Item item = item_of("reasoning");
  std::string text = payload.text("text");
  if (text.empty()) {
    return;
  }
  (record.event == Event::agent_reasoning ? item.summary : item.content)
      .push_back(std::move(text));
  record.item = std::move(item);
}

void append_line(std::string& to, std::string_view text) {
  if (!text.empty()) {
    to += to.empty() ? "" : "\n";
    to += text;
  }
}

// The paths that were changed, and how.
std::string changes_of(const Fields& from) {
  std::string text;
  dom::object changes;
  const auto value = from.find("changes");
  if (!value || value->get(changes) != simdjson::SUCCESS) {
    return text;
  }
  for (const auto& change : changes) {
    append_line(text, change.key);
    const Fields fields(change.value);
    for (const std::string_view key : {"content", "unified_diff"}) {
      std::string_view body;
      if (const auto part = fields.find(key);
          part && part->get(body) == simdjson::SUCCESS) {
        append_line(text, body);
      }
    }
  }
  return text;
}

void parse_patch(Fields& payload, Record& record) {
  Item item = item_of("fileChange");
  item.id = payload.text("call_id");
  const auto success = payload.find("success");
  const bool done = success && success->is_bool() && bool(*success);
  item.status = payload.text_if("status").value_or(done ? "completed" : "failed");
  item.detail = changes_of(payload);
  record.turn_id = payload.text_if("turn_id");
  if (record.turn_id && record.turn_id->empty()) {
    record.turn_id.reset();
  }
  record.item = std::move(item);
}

// "Ok" whose isError is true, and "Err", are failures.
std::string mcp_status(Fields& payload) {
  const auto result = payload.find("result");
  if (!result) {
    payload.refuse();
    return {};
  }
  const Fields fields(*result);
  const auto good = fields.find("Ok");
  if (!good) {
    return "failed";
  }
  const auto error = Fields(*good).find("isError");
  return error && error->is_bool() && bool(*error) ? "failed" : "completed";
}

// The texts of content parts: {"type":"text","text":…}.
std::string texts_of(const std::optional<dom::element>& parts) {
  std::string text;
  dom::array array;
  if (parts && parts->get(array) == simdjson::SUCCESS) {
    for (const dom::element part : array) {
      std::string_view one;
      if (const auto found = Fields(part).find("text");
          found && found->get(one) == simdjson::SUCCESS) {
        text += one;
      }
    }
  }
  return text;
}

void parse_mcp(Fields& payload, Record& record) {
  Item item = item_of("mcpToolCall");
  item.id = payload.text("call_id");
  item.status = mcp_status(payload);
  if (const auto call = payload.find("invocation")) {
    Fields fields(*call);
    item.detail = fields.text_if("server").value_or("");
    append_line(item.detail, fields.text_if("tool").value_or(""));
  }
  if (const auto result = payload.find("result")) {
    if (const auto good = Fields(*result).find("Ok")) {
      append_line(item.detail, texts_of(Fields(*good).find("content")));
    }
  }
  record.item = std::move(item);
}

void parse_other_tool(Fields& payload, std::string_view wire, Record& record) {
  if (wire == "sub_agent_activity") {
    Item item = item_of("subAgentActivity");
    item.id = payload.text_if("call_id").value_or("");
    if (item.id.empty()) {
      item.id = payload.text_if("event_id").value_or("");
    }
    record.item = std::move(item);
    return;
  }
  const bool web = wire == "web_search_end";
  Item item = item_of(web ? "webSearch" : "imageGeneration");
  item.id = payload.text("call_id");
  if (web) {
    item.detail = payload.text_if("query").value_or("");
  } else {
    item.status = payload.text_if("status").value_or("");
  }
  record.item = std::move(item);
}

void parse_review(Fields& payload, std::string_view wire, Record& record) {
  Item item =
      item_of(wire == "entered_review_mode" ? "enteredReviewMode" : "exitedReviewMode");
  item.id = payload.text_if("item_id").value_or("");
  item.detail = payload.text_if("user_facing_hint").value_or("");
  record.turn_id = payload.text_if("turn_id");
  record.item = std::move(item);
}

} // namespace

bool parse_item(Fields& payload, std::string_view wire, Record& record) {
  switch (record.event) {
  case Event::user_message:
    parse_user_message(payload, record);
    break;
  case Event::agent_message:
    parse_agent_message(payload, record);
    break;
  case Event::agent_reasoning:
  case Event::agent_reasoning_raw_content:
    parse_reasoning(payload, record);
    break;
  case Event::patch_apply_end:
    parse_patch(payload, record);
    break;
  case Event::tool_end:
    wire == "mcp_tool_call_end" ? parse_mcp(payload, record)
                                : parse_other_tool(payload, wire, record);
    break;
  case Event::review_mode:
    parse_review(payload, wire, record);
    break;
  case Event::context_compacted:
    record.item = item_of("contextCompaction");
    break;
  default:
    return false;
  }
  return payload.ok();
}

} // namespace coldpress::history
