#pragma once

#include "worker/history/fields.hpp"
#include "worker/history/record.hpp"

namespace coldpress::history {

// What the payload of a record that makes an item says: record.item, and what else is
// needed to place it. False: the line is a bad one. record.item stays empty if there is
// nothing to show, as of an agent_message without text.
bool parse_item(Fields& payload, std::string_view wire, Record& record);

// item_completed: its item has a type, an id and fields of its own.
bool parse_item_completed(Fields& payload, Record& record);

// A response_item is an item only if it is a hook's prompt to the agent.
bool parse_hook_prompt(Fields& payload, Record& record);

} // namespace coldpress::history
