#pragma once

#include "worker/history/events.hpp"
#include "worker/history/values.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace coldpress::history {

// One line, read. Only what its event needs is filled in.
struct Record {
  Event event = Event::unreadable;
  std::string wire; // of an unknown one: the name it goes by
  Place at;
  bool has_ordinal = false;
  bool has_time = false; // its timestamp is a time
  std::optional<std::string> turn_id;
  std::optional<TurnError> error; // of task_complete, or of an `error` line
  bool ends_turn = true;          // of an `error` line: whether its kind does
  std::optional<std::int64_t> started_at;
  std::optional<std::int64_t> completed_at;
  std::optional<std::int64_t> duration_ms;
  std::uint64_t num_turns = 0;
  std::optional<std::uint64_t> tokens; // the thread's, so far
  std::optional<Item> item;
  bool item_has_time = false; // of item_completed: started_at_ms
  std::string preview;        // of a user message: what a list of threads shows
  std::optional<Meta> meta;
};

// Reads lines; keeps its buffers between them. Not for two threads at once.
class LineParser {
public:
  LineParser();
  ~LineParser();
  LineParser(const LineParser&) = delete;
  LineParser& operator=(const LineParser&) = delete;

  // `line` without its newline; a CR at the end is white space. Never throws, needs time
  // linear in its length and, for a long line, little more memory than its texts.
  Record parse(std::string_view line, const Place& at);

private:
  struct Buffers;
  std::unique_ptr<Buffers> buffers_;
};

} // namespace coldpress::history
