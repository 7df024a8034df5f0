#include "worker/rollout/materialization.hpp"

#include "fsutil/metadata.hpp"
#include "worker/rollout/head.hpp"
#include "worker/rollout/name.hpp"
#include "worker/rollout/redundant.hpp"

#include <algorithm>
#include <cerrno>
#include <utility>
#include <vector>

namespace coldpress {

namespace {

constexpr std::size_t k_piece = std::size_t{1} << 20U;
constexpr std::uint64_t k_check_space_every = std::uint64_t{8} << 20U;

// A run of zeros of this length is left a hole: the source may have been one.
constexpr std::size_t k_hole = std::size_t{64} << 10U;

bool is_zero(std::span<const std::byte> bytes) {
  return std::all_of(
      bytes.begin(), bytes.end(), [](std::byte byte) { return byte == std::byte{0}; });
}

Result<void> write_if_any(Fs& fs,
                          FileHandle to,
                          std::span<const std::byte> data,
                          std::uint64_t offset) {
  return data.empty() ? Result<void>{} : fs.write_at(to, data, offset);
}

// What is zero from one multiple of k_hole to the next stays unwritten.
Result<void> write_but_holes(Fs& fs,
                             FileHandle to,
                             std::span<const std::byte> piece,
                             std::uint64_t offset) {
  std::size_t begin = 0; // of what is not written yet
  for (std::size_t at = 0; at < piece.size(); at += k_hole) {
    const auto block = piece.subspan(at, std::min(k_hole, piece.size() - at));
    if (block.size() == k_hole && is_zero(block)) {
      TRY(write_if_any(fs, to, piece.subspan(begin, at - begin), offset + begin));
      begin = at + k_hole;
    }
  }
  return write_if_any(
      fs, to, piece.subspan(std::min(begin, piece.size())), offset + begin);
}

} // namespace

Materialization::Materialization(Fs& fs,
                                 std::string compressed,
                                 std::uint64_t min_free,
                                 std::stop_token stop)
    : fs_(fs), compressed_(std::move(compressed)), plain_(plain_name(compressed_)),
      min_free_(min_free), stop_(std::move(stop)) {}

Result<void> Materialization::prepare() {
  TRY_ASSIGN(HeldDir directory, HeldDir::hold(fs_, parent_dir(compressed_)));
  directory_.emplace(std::move(directory));
  TRY_ASSIGN(const FileHandle handle, fs_.open_read(compressed_));
  source_ = File(fs_, handle);
  TRY_ASSIGN(const FileStat stat, fs_.stat(handle));
  frame_ = FileStamp::of(stat);
  if (!is_kept(frame_.mtime)) {
    return Fail(Error::from_errno(EOVERFLOW, "materialize", compressed_));
  }
  TRY_ASSIGN(const auto head, read_head(fs_, compressed_));
  const auto named = parse_rollout_name(base_name(plain_));
  thread_id_ = head ? head->thread_id : named ? named->thread_id : std::string();
  // With a name, so that its bytes are durable before it gets the one that wins over
  // the .zst for every reader.
  TRY_ASSIGN(TempFile temp,
             TempFile::create_beside(fs_, plain_, TempFile::Naming::named));
  temp_.emplace(std::move(temp));
  TRY_ASSIGN(frame_content_, decode_into(temp_->handle()));
  TRY(fs_.sync_file(temp_->handle()));
  (void)fs_.drop_cache(temp_->handle(), 0, 0);
  TRY_ASSIGN(content_, read_back(temp_->handle()));
  if (!content_->same_bytes(*frame_content_)) {
    return Fail(Error{Errc::corrupt,
                      0,
                      "read back",
                      plain_,
                      {"the data read back differs from the data written; the .zst is "
                       "kept; check the disk"}});
  }
  auto kept = copy_metadata(fs_, handle, frame_, temp_->handle());
  metadata_failed_ = !kept && kept.error().code == Errc::unsupported;
  TRY(std::move(kept));
  return fs_.sync_file(temp_->handle());
}

Result<Content> Materialization::decode_into(FileHandle to) {
  TRY_ASSIGN(RolloutReader frame,
             RolloutReader::over(fs_, source_.handle(), compressed_, Form::compressed));
  ContentReader reader(std::move(frame));
  std::vector<std::byte> buffer(k_piece);
  std::uint64_t size = 0;
  for (;;) {
    TRY(check_stop());
    if (size % k_check_space_every == 0) {
      TRY(check_space(fs_, parent_dir(plain_), min_free_));
    }
    TRY_ASSIGN(const std::size_t got, reader.read(buffer));
    if (got == 0) {
      TRY(fs_.truncate(to, size)); // it may end with a hole
      return reader.content();
    }
    const std::span<const std::byte> piece(buffer.data(), got);
    TRY(write_but_holes(fs_, to, piece, size));
    size += got;
  }
}

Result<Content> Materialization::read_back(FileHandle from) {
  TRY_ASSIGN(RolloutReader plain, RolloutReader::over(fs_, from, plain_, Form::plain));
  ContentReader reader(std::move(plain));
  std::vector<std::byte> buffer(k_piece);
  for (std::size_t got = buffer.size(); got == buffer.size();) {
    TRY(check_stop());
    TRY_ASSIGN(got, reader.read(buffer));
  }
  return reader.content();
}

Result<void> Materialization::check_stop() const {
  if (stop_.stop_requested()) {
    return Fail(Error{Errc::canceled, 0, "materialize", {}, {}});
  }
  return {};
}

Result<void> Materialization::publish(const Enter& enter) {
  {
    TRY_ASSIGN(const LockedFile section, enter());
    TRY(still_the_frame());
    TRY(temp_->commit_new());
  }
  // As it was read back: since it has its name, a writer may have appended to it.
  TRY_ASSIGN(
      const Durable plain,
      Durable::sync(fs_, temp_->handle(), {plain_, content_->stamp(), Since::appended}));
  {
    TRY_ASSIGN(const LockedFile section, enter());
    TRY(still_the_frame());
    TRY_ASSIGN(Redundant frame,
               Redundant::prove(fs_,
                                section,
                                Redundant::Pair{*frame_content_, *content_},
                                {compressed_, frame_, Since::moved},
                                plain));
    TRY(std::move(frame).remove());
  }
  return fs_.sync_dir(parent_dir(plain_));
}

Result<void> Materialization::still_the_frame() {
  TRY(directory_->check());
  TRY_ASSIGN(const FileStat now, fs_.lstat(compressed_));
  if (!frame_.same_inode(now) || now.size != frame_.size || now.mtime != frame_.mtime) {
    return Fail(Error{Errc::changed, 0, "materialize", compressed_, {}});
  }
  return {};
}

} // namespace coldpress
