#include "worker/rollout/head.hpp"

#include "fsutil/text.hpp"
#include "worker/rollout/name.hpp"

#include <simdjson.h>

#include <algorithm>
#include <span>
#include <utility>
#include <vector>

namespace coldpress {
namespace {

namespace dom = simdjson::dom;

constexpr std::size_t k_deepest = 128; // as serde_json
// Holds most first lines whole; a scan of a large store reads very many.
constexpr std::size_t k_first_chunk = std::size_t{16} << 10U;
constexpr std::size_t k_chunk = std::size_t{64} << 10U;

enum class Found : std::uint8_t { absent, once, twice };

// The member `key`, looking at all of them: simdjson itself would take the first of two.
Found find_member(const dom::object& object, std::string_view key, dom::element& value) {
  Found found = Found::absent;
  for (const auto& field : object) {
    if (field.key != key) {
      continue;
    }
    if (found == Found::once) {
      return Found::twice;
    }
    value = field.value;
    found = Found::once;
  }
  return found;
}

// False if the member is there but is no string, or is there twice.
bool take_string(const dom::object& object, std::string_view key, std::string& into) {
  dom::element value;
  const Found found = find_member(object, key, value);
  if (found == Found::absent) {
    return true;
  }
  std::string_view text;
  if (found == Found::twice || value.get(text) != simdjson::SUCCESS) {
    return false;
  }
  into = text;
  return true;
}

// Any history_base but null counts: one we cannot read must not look like none.
bool take_history_base(const dom::object& payload, RolloutHead& head) {
  dom::element value;
  const Found found = find_member(payload, "history_base", value);
  if (found == Found::twice) {
    return false;
  }
  if (found == Found::absent || value.is_null()) {
    return true;
  }
  head.has_history_base = true;
  dom::object base;
  return value.get(base) != simdjson::SUCCESS ||
         take_string(base, "thread_id", head.history_base_thread);
}

// For reports only: nothing that is odd about it makes the record a bad one.
std::string source_of(const dom::object& payload) {
  dom::element value;
  if (find_member(payload, "source", value) != Found::once) {
    return {};
  }
  std::string_view text;
  if (value.get(text) == simdjson::SUCCESS) {
    return std::string(text);
  }
  dom::object compound;
  if (value.get(compound) == simdjson::SUCCESS && compound.size() == 1) {
    return std::string((*compound.begin()).key);
  }
  return {};
}

bool take_payload(const dom::object& record, RolloutHead& head) {
  dom::element value;
  dom::object payload;
  if (find_member(record, "payload", value) != Found::once ||
      value.get(payload) != simdjson::SUCCESS ||
      !take_string(payload, "id", head.thread_id) || !is_uuid(head.thread_id) ||
      !take_string(payload, "cwd", head.cwd) ||
      !take_string(payload, "cli_version", head.cli_version) ||
      !take_history_base(payload, head)) {
    return false;
  }
  head.thread_id = lower_case(head.thread_id);
  head.history_base_thread = lower_case(head.history_base_thread);
  head.source = source_of(payload);
  return true;
}

// Reads on until `line` holds a whole first line or the file ends; false if it is
// longer than a first line may be.
Result<bool> read_first_line(RolloutReader& reader, std::string& line) {
  std::vector<std::byte> buffer(k_first_chunk);
  for (;; buffer.resize(k_chunk)) {
    TRY_ASSIGN(const std::size_t count, reader.read(buffer));
    for (const std::byte byte : std::span<const std::byte>(buffer).first(count)) {
      if (byte == std::byte{'\n'}) {
        return true;
      }
      line += static_cast<char>(byte);
    }
    if (line.size() > k_longest_first_line) {
      return false;
    }
    if (count < buffer.size()) {
      return true;
    }
  }
}

} // namespace

std::optional<RolloutHead> parse_head(std::string_view first_line) {
  // Later versions of simdjson skip a byte order mark, Codex does not.
  if (first_line.starts_with("\xEF\xBB\xBF") ||
      first_line.size() > k_longest_first_line) {
    return std::nullopt;
  }
  dom::parser parser;
  dom::object record;
  if (parser.allocate(std::max(first_line.size(), std::size_t{1}), k_deepest) !=
          simdjson::SUCCESS ||
      parser.parse(first_line.data(), first_line.size()).get(record) !=
          simdjson::SUCCESS) {
    return std::nullopt;
  }
  RolloutHead head;
  std::string type;
  std::string timestamp;
  if (!take_string(record, "type", type) || type != "session_meta" ||
      !take_string(record, "timestamp", timestamp) || !take_payload(record, head)) {
    return std::nullopt;
  }
  head.written = parse_time(timestamp).value_or(WallTime{});
  return head;
}

Result<std::optional<RolloutHead>> read_head(Fs& fs, const std::string& path) {
  TRY_ASSIGN(RolloutReader reader, RolloutReader::open_exact(fs, path));
  return read_head(reader);
}

Result<std::optional<RolloutHead>> read_head(RolloutReader& reader) {
  std::string line;
  TRY_ASSIGN(const bool fits, read_first_line(reader, line));
  return fits ? parse_head(line) : std::nullopt;
}

Result<std::string> read_thread_id(Fs& fs, const Clock& clock, const std::string& path) {
  TRY_ASSIGN(RolloutReader reader, RolloutReader::open(fs, clock, path));
  TRY_ASSIGN(const auto head, read_head(reader));
  const auto named = parse_rollout_name(base_name(path));
  if (!head && !named) {
    return Fail(Error{Errc::unsupported,
                      0,
                      "find thread",
                      path,
                      {"neither its first record nor its name contains a thread id"}});
  }
  return head ? head->thread_id : named->thread_id;
}

} // namespace coldpress
