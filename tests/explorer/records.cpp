#include "tests/explorer/records.hpp"

#include "fsutil/fs.hpp"
#include "worker/rollout/codec.hpp"
#include "worker/rollout/name.hpp"

#include <array>
#include <map>
#include <span>
#include <string_view>

namespace coldpress {

namespace {

std::string line(const std::string& text) {
  return R"({"timestamp":"2025-11-03T10:20:31.000Z","type":"event_msg","payload":)"
         R"({"type":"agent_message","message":")" +
         text + "\"}}\n";
}

Sink into(std::string& bytes) {
  return [&bytes](std::span<const std::byte> out) -> Result<void> {
    bytes.append(reinterpret_cast<const char*>(out.data()), out.size());
    return {};
  };
}

std::optional<std::string> decode(const std::string& frame) {
  auto decoder = FrameDecoder::create(Frames::any);
  std::string bytes;
  if (!decoder || !decoder->push(std::as_bytes(std::span(frame)), into(bytes)) ||
      !decoder->finish()) {
    return std::nullopt;
  }
  return bytes;
}

} // namespace

const std::string& rollout_beginning() {
  static const std::string text =
      R"({"timestamp":"2025-11-03T10:20:30.000Z","type":"session_meta","payload":{"id":")" +
      places().thread_id +
      R"(","cwd":"/home/me/project","cli_version":"0.169.0","history_base":null}})"
      "\n" +
      line(std::string(5000, 'x'));
  return text;
}

const std::string& rollout_record(int number) {
  static const std::array<std::string, k_records> lines{
      rollout_beginning(), line("1"), line("2"), line("3"), line("4"), line("5")};
  return lines.at(static_cast<std::size_t>(number));
}

std::optional<RecordSet> records_in(const std::string& bytes) {
  RecordSet found = 0;
  for (std::string_view rest = bytes; !rest.empty();) {
    int number = 0;
    while (number < k_records && !rest.starts_with(rollout_record(number))) {
      ++number;
    }
    if (number == k_records || (found & (1U << static_cast<unsigned>(number))) != 0) {
      return std::nullopt;
    }
    found |= 1U << static_cast<unsigned>(number);
    rest.remove_prefix(rollout_record(number).size());
  }
  return found;
}

std::string frame_of(const std::string& bytes) {
  std::string frame;
  auto encoder =
      FrameEncoder::create(choose_frame_options(bytes.size(), 1, {}), bytes.size());
  const bool done = encoder &&
                    encoder->push(std::as_bytes(std::span(bytes)), into(frame)) &&
                    encoder->finish(into(frame));
  return done ? frame : std::string();
}

std::optional<std::string> decode_frame(const std::string& frame) {
  // The same few frames are looked at in every state.
  thread_local std::map<std::string, std::optional<std::string>> known;
  const auto found = known.find(frame);
  return found != known.end() ? found->second
                              : known.emplace(frame, decode(frame)).first->second;
}

const RolloutPlaces& places() {
  static const RolloutPlaces all = [] {
    RolloutPlaces made;
    made.home = "/home/me/.codex";
    made.thread_id = "0199a0b1-0000-7000-8000-000000000001";
    const std::string name = "rollout-2025-11-03T10-20-30-" + made.thread_id + ".jsonl";
    const std::string active = join_path(made.home, "sessions/2025/11/03");
    const std::string locks = join_path(made.home, "thread-writer-locks");
    made.state_dir = join_path(made.home, "coldpress");
    made.orphans_dir = join_path(made.state_dir, "orphans");
    made.plain = join_path(active, name);
    made.compressed = compressed_name(made.plain);
    made.retired = join_path(active, retired_name(name));
    made.temp = join_path(active, ".rollout-materialize-Ab12Cd");
    made.archived_plain = join_path(join_path(made.home, "archived_sessions"), name);
    made.archived_compressed = compressed_name(made.archived_plain);
    made.coordination = join_path(locks, ".coordination.lock");
    made.maintenance = join_path(made.home, ".tmp/rollout-maintenance.lock");
    made.thread_lock = join_path(locks, made.thread_id + ".lock");
    return made;
  }();
  return all;
}

Touches touched_by(const std::string& path) {
  const RolloutPlaces& at = places();
  if (path == at.plain) {
    return k_plain;
  }
  if (path == at.compressed) {
    return k_frame;
  }
  if (path == at.retired || path.starts_with(at.orphans_dir)) {
    return k_retired;
  }
  if (path == at.archived_plain || path == at.archived_compressed) {
    return k_archive;
  }
  if (path == at.coordination || path == at.thread_lock) {
    return k_thread_locks;
  }
  if (path == at.temp) {
    return k_temp;
  }
  return path == at.maintenance ? k_maintenance : 0;
}

std::string short_names(std::string text) {
  const RolloutPlaces& at = places();
  const std::vector<std::pair<std::string, const char*>> names{
      {at.archived_compressed, "archived Z"},
      {at.archived_plain, "archived P"},
      {at.compressed, "Z"},
      {at.plain, "P"},
      {at.retired, "R"},
      {at.temp, "the temp file"},
      {parent_dir(at.plain), "the directory"},
      {at.coordination, "coordination"},
      {at.maintenance, "maintenance"},
      {at.thread_lock, "the thread lock"}};
  for (const auto& name : names) {
    for (std::size_t found = text.find(name.first); found != std::string::npos;
         found = text.find(name.first)) {
      text.replace(found, name.first.size(), name.second);
    }
  }
  return text;
}

} // namespace coldpress
