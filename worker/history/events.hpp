#pragma once

#include "worker/history/values.hpp"

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

namespace coldpress::history {

// What a line is. Several wire names may be one event.
enum class Event : std::uint8_t {
  unreadable, // no JSON, or not what a record of its type must be
  unknown,    // a type or kind that Codex does not read
  no_effect,  // read by Codex, and without effect on the history
  session_meta,
  task_started,
  task_complete,
  turn_aborted,
  error,
  thread_rolled_back,
  user_message,
  agent_message,
  agent_reasoning,
  agent_reasoning_raw_content,
  item_completed,
  patch_apply_end,
  tool_end, // mcp_tool_call_end and others that name no turn
  review_mode,
  context_compacted,
  compacted,
  response_item,
  token_count,
  realtime_item,
};

enum class TurnEffect : std::uint8_t {
  none,
  opens,    // a turn begins; one that was open is closed as it is
  may_open, // an implicit one, if none is open
  ends,     // by its id or, where EVENTS.md says so, the open one
  fails,    // the open turn; it stays open
  removes,  // the last turns
  preview,  // only the thread's preview
  tokens,   // only the token count
};
enum class ItemEffect : std::uint8_t { none, upsert, state, tombstone };
enum class LifecycleEffect : std::uint8_t {
  none,
  started,
  ended, // completed, failed or aborted
  failed,
  rolled_back,
  realtime,
};

struct Effect {
  TurnEffect turn = TurnEffect::none;
  ItemEffect item = ItemEffect::none;
  LifecycleEffect lifecycle = LifecycleEffect::none;
  friend bool operator==(const Effect&, const Effect&) = default;
};

// Where a wire name stands: record.type, or payload.type of an event_msg.
enum class Where : std::uint8_t { record, event };

struct EventRow {
  std::string_view wire;
  Where where;
  Event event;
  Effect legacy;
  Effect paginated;
};

// The one table. EVENTS.md holds the same; a test compares them.
std::span<const EventRow> event_table();

// Null if Codex does not read such a thing: Event::unknown.
const EventRow* find_event(Where where, std::string_view wire);

std::string_view name_of(TurnEffect effect);
std::string_view name_of(ItemEffect effect);
std::string_view name_of(LifecycleEffect effect);

} // namespace coldpress::history
