#include "worker/history/events.hpp"

#include <algorithm>
#include <unordered_map>

namespace coldpress::history {

namespace {

using T = TurnEffect;
using I = ItemEffect;
using L = LifecycleEffect;
constexpr Effect k_none{};
constexpr Effect k_starts{T::opens, I::state, L::started};
constexpr Effect k_ends{T::ends, I::state, L::ended};
constexpr Effect k_item{T::may_open, I::upsert, L::none};
constexpr Effect k_item_only{T::none, I::upsert, L::none};
constexpr Effect k_tokens{T::tokens, I::none, L::none};

constexpr auto k_record = Where::record;
constexpr auto k_event = Where::event;

constexpr auto k_table = std::to_array<EventRow>({
    {"session_meta", k_record, Event::session_meta, k_none, k_none},
    {"task_started", k_event, Event::task_started, k_starts, k_starts},
    {"turn_started", k_event, Event::task_started, k_starts, k_starts},
    {"task_complete", k_event, Event::task_complete, k_ends, k_ends},
    {"turn_complete", k_event, Event::task_complete, k_ends, k_ends},
    {"turn_aborted", k_event, Event::turn_aborted, k_ends, k_ends},
    {"error", k_event, Event::error, {T::fails, I::state, L::failed}, k_none},
    {"thread_rolled_back",
     k_event,
     Event::thread_rolled_back,
     {T::removes, I::tombstone, L::rolled_back},
     k_none},
    {"user_message",
     k_event,
     Event::user_message,
     k_item,
     {T::preview, I::none, L::none}},
    {"agent_message", k_event, Event::agent_message, k_item, k_none},
    {"agent_reasoning", k_event, Event::agent_reasoning, k_item, k_none},
    {"agent_reasoning_raw_content",
     k_event,
     Event::agent_reasoning_raw_content,
     k_item,
     k_none},
    {"item_completed", k_event, Event::item_completed, k_item_only, k_item_only},
    {"patch_apply_end", k_event, Event::patch_apply_end, k_item, k_none},
    {"mcp_tool_call_end", k_event, Event::tool_end, k_item, k_none},
    {"web_search_end", k_event, Event::tool_end, k_item, k_none},
    {"image_generation_end", k_event, Event::tool_end, k_item, k_none},
    {"sub_agent_activity", k_event, Event::tool_end, k_item, k_none},
    {"entered_review_mode", k_event, Event::review_mode, k_item, k_none},
    {"exited_review_mode", k_event, Event::review_mode, k_item, k_none},
    {"context_compacted", k_event, Event::context_compacted, k_item, k_none},
    {"compacted", k_record, Event::compacted, {T::may_open, I::none, L::none}, k_none},
    {"response_item", k_record, Event::response_item, k_item, k_none},
    {"token_count", k_event, Event::token_count, k_tokens, k_tokens},
    {"realtime_item",
     k_event,
     Event::realtime_item,
     k_none,
     {T::none, I::none, L::realtime}},
    {"turn_context", k_record, Event::no_effect, k_none, k_none},
    {"world_state", k_record, Event::no_effect, k_none, k_none},
    {"token_usage_record", k_record, Event::no_effect, k_none, k_none},
    {"inter_agent_communication", k_record, Event::no_effect, k_none, k_none},
    {"thread_settings_applied", k_event, Event::no_effect, k_none, k_none},
    {"stream_error", k_event, Event::no_effect, k_none, k_none},
    {"warning", k_event, Event::no_effect, k_none, k_none},
    {"item_started", k_event, Event::no_effect, k_none, k_none},
    {"exec_command_begin", k_event, Event::no_effect, k_none, k_none},
    {"exec_command_end", k_event, Event::no_effect, k_none, k_none},
    {"patch_apply_begin", k_event, Event::no_effect, k_none, k_none},
    {"mcp_tool_call_begin", k_event, Event::no_effect, k_none, k_none},
    {"web_search_begin", k_event, Event::no_effect, k_none, k_none},
    {"image_generation_begin", k_event, Event::no_effect, k_none, k_none},
    {"view_image_tool_call", k_event, Event::no_effect, k_none, k_none},
    {"dynamic_tool_call_request", k_event, Event::no_effect, k_none, k_none},
    {"dynamic_tool_call_response", k_event, Event::no_effect, k_none, k_none},
    {"collab_agent_spawn_begin", k_event, Event::no_effect, k_none, k_none},
    {"collab_agent_spawn_end", k_event, Event::no_effect, k_none, k_none},
    {"collab_agent_interaction_begin", k_event, Event::no_effect, k_none, k_none},
    {"collab_agent_interaction_end", k_event, Event::no_effect, k_none, k_none},
    {"collab_waiting_begin", k_event, Event::no_effect, k_none, k_none},
    {"collab_waiting_end", k_event, Event::no_effect, k_none, k_none},
    {"collab_close_begin", k_event, Event::no_effect, k_none, k_none},
    {"collab_close_end", k_event, Event::no_effect, k_none, k_none},
    {"session_state", k_record, Event::unknown, k_none, k_none},
    {"thread_name_updated", k_event, Event::unknown, k_none, k_none},
});

} // namespace

std::span<const EventRow> event_table() {
  return k_table;
}

const EventRow* find_event(Where where, std::string_view wire) {
  static const auto index = [] {
    std::array<std::unordered_map<std::string_view, const EventRow*>, 2> rows;
    for (const EventRow& row : k_table) {
      rows.at(static_cast<std::size_t>(row.where)).emplace(row.wire, &row);
    }
    return rows;
  }();
  const auto& rows = index.at(static_cast<std::size_t>(where));
  const auto found = rows.find(wire);
  return found == rows.end() ? nullptr : found->second;
}

std::string_view name_of(Mode mode) {
  return mode == Mode::legacy ? "legacy" : "paginated";
}

std::string_view name_of(Status status) {
  constexpr auto names = std::to_array<std::string_view>(
      {"inProgress", "completed", "failed", "interrupted"});
  return names.at(static_cast<std::size_t>(status));
}

std::string_view name_of(TurnEffect effect) {
  constexpr auto names = std::to_array<std::string_view>(
      {"–", "opens", "may open", "ends", "fails", "removes", "preview", "tokens"});
  return names.at(static_cast<std::size_t>(effect));
}

std::string_view name_of(ItemEffect effect) {
  constexpr auto names =
      std::to_array<std::string_view>({"–", "upsert", "state", "tombstone"});
  return names.at(static_cast<std::size_t>(effect));
}

std::string_view name_of(LifecycleEffect effect) {
  constexpr auto names = std::to_array<std::string_view>(
      {"–", "started", "ended", "failed", "rolled back", "realtime"});
  return names.at(static_cast<std::size_t>(effect));
}

} // namespace coldpress::history
