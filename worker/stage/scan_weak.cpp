#include "worker/stage/scan_weak.hpp"

#include "worker/rollout/frame.hpp"
#include "worker/rollout/head.hpp"
#include "worker/rollout/name.hpp"

#include <array>

namespace coldpress {

namespace {

std::optional<WeakFrame> weakness_of(Fs& fs, FileHandle file) {
  std::array<std::byte, k_frame_header_max> header{};
  const auto got = fs.read_at(file, header, 0);
  return got ? find_weakness(std::span<const std::byte>(header).first(*got))
             : std::nullopt;
}

// One without a first record that Codex takes stays a candidate: the plan says why it is
// left.
void take_head(Fs& fs, FileHandle file, Candidate& candidate) {
  auto reader = RolloutReader::over(fs, file, candidate.path, Form::compressed);
  auto head = reader ? read_head(*reader)
                     : Result<std::optional<RolloutHead>>(Fail(reader.error()));
  if (!head) {
    candidate.unreadable = true;
    return;
  }
  if (!*head) {
    return;
  }
  candidate.thread_id = std::move((*head)->thread_id);
  candidate.cwd = std::move((*head)->cwd);
  candidate.source = std::move((*head)->source);
  candidate.shares_history = (*head)->has_history_base;
  if (const auto version = parse_version((*head)->cli_version)) {
    candidate.cli_version = *version;
  }
}

} // namespace

std::optional<Candidate>
find_weak(Fs& fs, const std::string& home, Root root, const std::string& path) {
  const auto handle = fs.open_read(path);
  if (!handle) {
    return std::nullopt;
  }
  const File file(fs, *handle);
  const auto stat = fs.stat(*handle);
  const auto weak = weakness_of(fs, *handle);
  if (!stat || !weak) {
    return std::nullopt;
  }
  Candidate candidate;
  candidate.rollout = plain_name(path.substr(home.size() + 1));
  candidate.path = path;
  candidate.form = Form::compressed;
  candidate.root = root;
  candidate.type = stat->type;
  candidate.stamp = FileStamp::of(*stat);
  candidate.allocated = stat->allocated;
  // What its bytes cannot hold is damage, which the decoder tells; no size to go by.
  if (weak->content_size && *weak->content_size <= most_content(stat->size)) {
    candidate.declared = weak->content_size;
  }
  take_head(fs, *handle, candidate);
  return candidate;
}

} // namespace coldpress
