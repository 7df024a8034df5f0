#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace coldpress {

// File names are bytes, not text; nothing here looks at the disk or at directories.

// What the name of a rollout says. The ids are in lower case, whatever the name has.
struct RolloutName {
  std::string timestamp;  // "2026-01-02T03-04-05", local to its writer
  std::string thread_id;  // not always the id the thread lock goes by: see RolloutHead
  std::string rollout_id; // empty unless the name has one
};

// rollout-YYYY-MM-DDThh-mm-ss-<uuid>[_<uuid>].jsonl[.zst] with a date and time that
// exist. Stricter than Codex in one thing: UUIDs are taken in their hyphenated form only.
std::optional<RolloutName> parse_rollout_name(std::string_view name);

enum class NameKind : std::uint8_t {
  plain,        // parses, .jsonl
  compressed,   // parses, .jsonl.zst
  malformed,    // rollout-*.jsonl[.zst] that does not parse
  retired,      // our retired form of a plain name
  part,         // our named temp file
  foreign_temp, // Codex's: rollout-compress-XXXXXX.tmp or .rollout-materialize-XXXXXX
  unknown_temp, // nearly that, or rollout-*.jsonl*.tmp: it may be the only copy
  other,        // nothing of ours nor of a rollout's: leave it alone
};

NameKind classify(std::string_view name);

// True for a name or path in the compressed form, by its ending.
bool is_compressed_name(std::string_view name);
// Name or path of the other form; a name already in the form asked for stays as it is.
std::string compressed_name(std::string_view name);
std::string plain_name(std::string_view name);

// "." + base64url of `plain` without padding + ".coldpress-retired", at most 162 bytes.
// Empty if `plain` is not a name classify() calls plain: nothing else is ever retired.
std::string retired_name(std::string_view plain);
// The plain name a retired file had. Nothing if the name is not exactly what
// retired_name() makes.
std::optional<std::string> retired_plain_name(std::string_view name);

// The 36 characters of a hyphenated UUID, any case.
bool is_uuid(std::string_view text);

// For ids: A-Z become a-z, all else stays.
std::string lower_case(std::string_view text);

} // namespace coldpress
