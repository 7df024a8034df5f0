#pragma once

#include "worker/history/record.hpp"
#include "worker/history/turn_table.hpp"

#include <vector>

namespace coldpress::history {

// What a record does, by the rules of its mode (EVENTS.md). Appends to `steps`.
void reduce_legacy(TurnTable& turns,
                   Record record,
                   ErrorLines error_lines,
                   std::vector<Step>& steps);

// Ordinals are the caller's: the record is one that counts.
void reduce_paginated(TurnTable& turns, Record record, std::vector<Step>& steps);

} // namespace coldpress::history
