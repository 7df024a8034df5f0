#include "worker/rollout/recent_writers.hpp"

#include "fsutil/text.hpp"
#include "worker/rollout/name.hpp"
#include "worker/rollout/reverse_lines.hpp"

#include <simdjson.h>

#include <algorithm>
#include <charconv>

namespace coldpress {

namespace {

namespace dom = simdjson::dom;

constexpr std::size_t k_deepest = 128; // as parse_head()
// A turn_context is some kilobytes, of old releases with the project's instructions in
// it.
constexpr std::size_t k_longest_turn = std::size_t{16} << 20U;
// Codex writes the type near the beginning, a tool that sorts members at the end.
constexpr std::size_t k_type_within = 512;
// A fork writes what it copies at once.
constexpr std::chrono::seconds k_with_first_record{60};
constexpr std::string_view k_type = "\"turn_context\"";

bool may_be_turn(std::string_view line) {
  const std::string_view beginning = line.substr(0, k_type_within);
  const std::string_view end =
      line.substr(line.size() - std::min(line.size(), k_type_within));
  return beginning.find(k_type) != beginning.npos || end.find(k_type) != end.npos;
}

bool has(const dom::object& object, std::string_view key) {
  dom::element value;
  return object[key].get(value) == simdjson::SUCCESS && !value.is_null();
}

// The ones of older releases are missing in what later releases write, so the newest is
// asked for first.
TurnWriter writer_of(const dom::object& payload) {
  if (!has(payload, "multi_agent_version")) {
    return has(payload, "workspace_roots") ? TurnWriter::only_0_136
                                           : TurnWriter::before_0_136;
  }
  if (!has(payload, "root_turn_id")) {
    return TurnWriter::from_0_137;
  }
  return has(payload, "disabled_plugin_ids") ? TurnWriter::from_0_155
                                             : TurnWriter::from_0_153;
}

// The milliseconds at the beginning of a UUIDv7.
std::optional<WallTime> time_of_id(std::string_view id) {
  constexpr std::size_t k_version_at = 14;
  constexpr std::size_t k_high = 8; // digits before the first hyphen
  constexpr std::size_t k_low = 4;
  if (!is_uuid(id) || id[k_version_at] != '7') {
    return std::nullopt;
  }
  const std::string digits =
      std::string(id.substr(0, k_high)) + std::string(id.substr(k_high + 1, k_low));
  std::int64_t milliseconds = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), milliseconds, 16);
  constexpr std::chrono::milliseconds k_last{
      std::chrono::duration_cast<std::chrono::milliseconds>(
          WallTime::max().time_since_epoch())};
  return milliseconds > k_last.count()
             ? std::nullopt
             : std::optional(WallTime(std::chrono::milliseconds(milliseconds)));
}

bool is_undated_copy(const Turn& turn, WallTime begun) {
  return !turn.dated_by_id && turn.when >= begun - k_with_first_record &&
         turn.when <= begun + k_with_first_record;
}

} // namespace

std::optional<Turn> parse_turn(std::string_view line) {
  if (!may_be_turn(line) || line.size() > k_longest_turn) {
    return std::nullopt;
  }
  dom::parser parser;
  dom::object record;
  std::string_view type;
  std::string_view timestamp;
  dom::object payload;
  if (parser.allocate(line.size(), k_deepest) != simdjson::SUCCESS ||
      parser.parse(line.data(), line.size()).get(record) != simdjson::SUCCESS ||
      record["type"].get(type) != simdjson::SUCCESS || type != "turn_context" ||
      record["timestamp"].get(timestamp) != simdjson::SUCCESS ||
      record["payload"].get(payload) != simdjson::SUCCESS) {
    return std::nullopt;
  }
  const auto written = parse_time(timestamp);
  if (!written) {
    return std::nullopt;
  }
  Turn turn{writer_of(payload), *written, false};
  std::string_view id;
  if (payload["turn_id"].get(id) == simdjson::SUCCESS) {
    if (const auto begun = time_of_id(id)) {
      turn.when = std::min(turn.when, *begun);
      turn.dated_by_id = true;
    }
  }
  return turn;
}

Result<RecentWriters> read_recent_writers(Fs& fs,
                                          FileHandle file,
                                          std::uint64_t size,
                                          WallTime begun,
                                          WallTime since,
                                          std::uint64_t bytes) {
  RecentWriters found;
  found.seen_since = WallTime::max();
  ReverseLines lines(fs, file, size, {bytes, k_longest_turn});
  for (;;) {
    TRY_ASSIGN(const auto line, lines.next());
    if (!line) {
      break;
    }
    if (!line->whole) {
      if (may_be_turn(line->text)) {
        return found; // which nobody can tell the writer of
      }
      continue;
    }
    const auto turn = parse_turn(line->text);
    if (!turn || is_undated_copy(*turn, begun)) {
      continue;
    }
    found.seen_since = std::min(found.seen_since, turn->when);
    if (turn->when < since) {
      return found;
    }
    WallTime& last = found.last.at(static_cast<std::size_t>(turn->writer));
    last = std::max(last, turn->when);
  }
  if (lines.complete()) {
    found.seen_since = WallTime{};
  }
  return found;
}

} // namespace coldpress
