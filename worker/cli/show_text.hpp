#pragma once

#include "worker/catalog/index_query.hpp"
#include "worker/index/read_thread.hpp"

#include <string>

namespace coldpress {

// What of a thread is shown above its turns.
struct ShownThread {
  ListedThread listed;
  std::string name; // as given by the user; may be empty
  std::string title() const { return name.empty() ? listed.preview : name; }
};

std::string show_head_text(const ShownThread& thread, const ThreadHistory& history);
// One turn, `nth` from 1. Every line of it is safe for a terminal.
std::string show_turn_text(const history::TurnView& turn, std::size_t nth);

// One self-contained page, readable without scripts.
std::string show_html(const ShownThread& thread, const ThreadHistory& history);

// "commandExecution completed, exit code 1".
std::string item_label(const history::Item& item);
// Its texts, with line breaks.
std::string item_body(const history::Item& item);
// "2026-01-05T09:00:00Z" of seconds since 1970; empty if it is none.
std::string second_text(const std::optional<std::int64_t>& seconds);

} // namespace coldpress
