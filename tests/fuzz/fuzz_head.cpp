#include "tests/fuzz/fuzz.hpp"
#include "tests/support/fake_clock.hpp"
#include "tests/support/mem_fs.hpp"
#include "worker/rollout/head.hpp"
#include "worker/rollout/name.hpp"

#include <nlohmann/json.hpp>

using namespace coldpress;

namespace {

using nlohmann::json;

bool same(const std::optional<RolloutHead>& a, const std::optional<RolloutHead>& b) {
  if (!a || !b) {
    return !a && !b;
  }
  return a->thread_id == b->thread_id && a->cwd == b->cwd &&
         a->cli_version == b->cli_version && a->has_history_base == b->has_history_base &&
         a->history_base_thread == b->history_base_thread && a->written == b->written;
}

std::string text_of(const json& object, const char* key) {
  return object.contains(key) && object[key].is_string() ? object[key].get<std::string>()
                                                         : std::string();
}

// Another parser must read the same out of what we accept.
void check_with_another_parser(std::string_view line, const RolloutHead& head) {
  const json record = json::parse(line, nullptr, false);
  require(record.is_object(), "what is accepted is JSON to others, too");
  require(text_of(record, "type") == "session_meta", "it is a session_meta");
  require(record.contains("payload") && record["payload"].is_object(), "with a payload");
  const json& payload = record["payload"];
  require(lower_case(text_of(payload, "id")) == head.thread_id, "the same thread");
  require(text_of(payload, "cwd") == head.cwd, "the same directory");
  require(text_of(payload, "cli_version") == head.cli_version, "the same version");
  require(head.has_history_base ==
              (payload.contains("history_base") && !payload["history_base"].is_null()),
          "a history base is never overlooked");
}

void check_accepted(std::string_view line, const RolloutHead& head) {
  require(is_uuid(head.thread_id) && lower_case(head.thread_id) == head.thread_id,
          "a thread id is a lower-case UUID");
  require(head.has_history_base || head.history_base_thread.empty(),
          "no thread of a base without a base");
  require(head.written >= WallTime{}, "nothing was written before the epoch");
  const std::size_t last = line.find_last_not_of(" \t\r\n");
  require(!parse_head(line.substr(0, last)), "a torn line is no head");
  require(!parse_head(std::string(line) + "x"), "a line with more behind is no head");
  require(same(parse_head(std::string(line) + "\r"), head), "a CR is white space");
}

// The way from the disk takes the first line, and that one only.
void check_from_disk(std::string_view text, const std::optional<RolloutHead>& first) {
  const FakeClock clock;
  MemFs disk(clock);
  disk.put("/store/rollout.jsonl", text);
  const auto read = read_head(disk, "/store/rollout.jsonl");
  require(read.has_value(), "a file that can be read has a head or none");
  require(same(*read, first), "the disk gives the first line's head");
}

} // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = as_text(data, size);
  if (const auto head = parse_head(text)) {
    check_with_another_parser(text, *head);
    check_accepted(text, *head);
  }
  check_from_disk(text, parse_head(text.substr(0, text.find('\n'))));
  return 0;
}
