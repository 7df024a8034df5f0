#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

// What a rollout's lines mean: turns, items, lifecycle. Pure: no disk, no database, no
// clock. EVENTS.md says what each line does; history.hpp is the way in.
namespace coldpress::history {

// How a rollout keeps its history: session_meta.history_mode, legacy without that key.
enum class Mode : std::uint8_t { legacy, paginated };

// `error` lines of a legacy rollout: counted, as the releases did that wrote them, or
// ignored, as Codex has done since 0.135.
enum class ErrorLines : std::uint8_t { counted, ignored };

enum class Status : std::uint8_t { in_progress, completed, failed, interrupted };

// Where in the decoded bytes of its rollout a record is.
struct Place {
  std::uint64_t line = 0;    // from 0
  std::uint64_t offset = 0;  // its first byte
  std::uint64_t end = 0;     // the byte after it, newline included
  std::uint64_t ordinal = 0; // of a paginated rollout, else 0
  friend bool operator==(const Place&, const Place&) = default;
};

// Why a turn failed. `kind` and `detail` are as Codex's thread/read has them: "other",
// or "httpConnectionFailed" with the status code as detail. Empty kind: none was given.
struct TurnError {
  std::string message;
  std::string kind;
  std::string detail;
  friend bool operator==(const TurnError&, const TurnError&) = default;
};

// The longest text that is kept of one string; the rest is cut off, and `Item::cut` set.
inline constexpr std::size_t k_longest_text = std::size_t{1} << 20U;

// One item, with the type names of thread/read.
struct Item {
  std::string id; // unique in its turn, not in its thread
  std::string type;
  std::string status; // empty if its type has none
  std::string phase;  // of an agentMessage: "commentary", "final_answer" or empty
  std::string text;   // what the user or the agent wrote
  // Of reasoning: its summary and its raw content, a part each.
  std::vector<std::string> summary;
  std::vector<std::string> content;
  // What a tool was asked and what it answered: commands, output, queries, paths.
  std::string detail;
  std::optional<std::int64_t> exit_code;
  bool cut = false; // some text was longer than k_longest_text
  friend bool operator==(const Item&, const Item&) = default;
};

// Where a fork's history begins: in the first bytes of another *rollout*.
struct Base {
  std::string rollout_id;
  std::uint64_t end_ordinal = 0; // exclusive
  std::uint64_t end_byte = 0;    // exclusive
  friend bool operator==(const Base&, const Base&) = default;
};

struct Meta {
  std::string thread_id;
  std::string forked_from; // a thread; empty if it is no fork
  std::string mode_word;   // as it stands there; empty if it does not say
  std::optional<Base> base;
  std::uint64_t first_ordinal = 0; // smaller ones are no history of a sub-agent
  friend bool operator==(const Meta&, const Meta&) = default;
};

std::string_view name_of(Mode mode);
std::string_view name_of(Status status); // as in thread/read: "inProgress"

} // namespace coldpress::history
