#include "worker/history/parse_items.hpp"
#include "worker/history/preview.hpp"

#include <array>

namespace coldpress::history {

namespace {

// The item types of a paginated rollout and their names in thread/read.
struct ItemType {
  std::string_view wire;
  std::string_view name;
  bool has_status;
};
constexpr auto k_types = std::to_array<ItemType>({
    {"UserMessage", "userMessage", false},
    {"AgentMessage", "agentMessage", false},
    {"Reasoning", "reasoning", false},
    {"Plan", "plan", false},
    {"CommandExecution", "commandExecution", true},
    {"FileChange", "fileChange", true},
    {"McpToolCall", "mcpToolCall", true},
    {"DynamicToolCall", "dynamicToolCall", true},
    {"CollabAgentToolCall", "collabAgentToolCall", true},
    {"SubAgentActivity", "subAgentActivity", false},
    {"WebSearch", "webSearch", false},
    {"ImageView", "imageView", false},
    {"ImageGeneration", "imageGeneration", true},
    {"Extension", "sleep", false},
    {"EnteredReviewMode", "enteredReviewMode", false},
    {"ExitedReviewMode", "exitedReviewMode", false},
    {"HookPrompt", "hookPrompt", false},
    {"FunctionCallOutput", "functionCallOutput", false},
    {"ContextCompaction", "contextCompaction", false},
});

const ItemType* find_type(std::string_view wire) {
  for (const ItemType& type : k_types) {
    if (type.wire == wire) {
      return &type;
    }
  }
  return nullptr;
}

std::string joined(const std::vector<std::string>& parts, std::string_view between) {
  std::string text;
  for (const std::string& part : parts) {
    text += text.empty() ? "" : between;
    text += part;
  }
  return text;
}

// The texts of content parts, and whether there was anything but text.
std::string content_text(Fields& item, bool& others) {
  std::vector<std::string> texts;
  dom::array parts;
  const auto content = item.find("content");
  if (!content || content->get(parts) != simdjson::SUCCESS) {
    item.refuse();
    return {};
  }
  for (const dom::element part : parts) {
    Fields fields(part);
    auto text = fields.text_if("text");
    others = others || !text;
    if (text) {
      texts.push_back(std::move(*text));
    }
  }
  return joined(texts, "\n");
}

void add_detail(Item& item, std::string_view text) {
  if (!text.empty()) {
    item.detail += item.detail.empty() ? "" : "\n";
    item.detail += text;
  }
}

// What is worth finding in it, whatever its type.
void fill_detail(const Fields& from, Item& item) {
  add_detail(item, joined(strings_of(from.find("command")), " "));
  for (const std::string_view key :
       {"aggregated_output", "server", "tool", "query", "path", "output", "name"}) {
    std::string_view text;
    if (const auto value = from.find(key);
        value && value->get(text) == simdjson::SUCCESS) {
      add_detail(item, text);
    }
  }
  dom::object changes;
  if (const auto value = from.find("changes");
      value && value->get(changes) == simdjson::SUCCESS) {
    for (const auto& change : changes) {
      add_detail(item, change.key);
    }
  }
}

void fill(Fields& from, const ItemType& type, Item& item, Record& record) {
  if (type.wire == "UserMessage") {
    bool images = false;
    item.text = content_text(from, images);
    record.preview = preview_of(item.text, images);
  } else if (type.wire == "AgentMessage") {
    bool others = false;
    item.text = content_text(from, others);
    item.phase = from.text_if("phase").value_or("");
  } else if (type.wire == "Reasoning") {
    item.summary = strings_of(from.find("summary_text"));
    item.content = strings_of(from.find("raw_content"));
  } else if (type.wire == "Plan") {
    item.text = from.text("text");
  } else {
    fill_detail(from, item);
  }
  if (type.has_status) {
    item.status = from.text_if("status").value_or("");
    item.status = item.status == "in_progress" ? "inProgress" : item.status;
  }
  if (type.wire == "CommandExecution") {
    item.exit_code = from.integer_if("exit_code");
  }
}

} // namespace

bool parse_item_completed(Fields& payload, Record& record) {
  record.turn_id = payload.text("turn_id");
  record.item_has_time = payload.integer_if("started_at_ms").has_value();
  const auto value = payload.find("item");
  if (!payload.ok() || !value) {
    return false;
  }
  Fields from(*value);
  const std::string wire = from.text("type");
  const ItemType* type = find_type(wire);
  if (!from.ok() || type == nullptr) {
    return false;
  }
  Item item;
  item.type = type->name;
  item.id = from.text("id");
  fill(from, *type, item, record);
  record.item = std::move(item);
  return from.ok();
}

} // namespace coldpress::history
