#pragma once

#include "fsutil/file_stamp.hpp"
#include "fsutil/temp_file.hpp"
#include "locking/codex_locks.hpp"
#include "worker/rollout/content.hpp"

#include <functional>
#include <optional>
#include <stop_token>
#include <string>

namespace coldpress {

// A compressed rollout made plain: decoded into a part file, synced, read back and
// compared, given the metadata of the .zst, named without ever replacing, the name made
// durable, and only then the .zst removed. Whatever stops it, the rollout is whole under
// one of its names; a pair that is left is the recovery's.
//
// It takes no lock of its own: see publish(). One thread at a time.
class Materialization {
public:
  // Enters what keeps others off the rollout's names, for milliseconds: Codex's
  // coordination lock, and whatever else the caller stands on.
  using Enter = std::function<Result<LockedFile>()>;

  // `min_free` bytes stay free. Everything outlives this.
  Materialization(Fs& fs,
                  std::string compressed,
                  std::uint64_t min_free,
                  std::stop_token stop = {});

  // What takes long, under no lock. Errc::corrupt: the frame is damaged, and kept;
  // Errc::canceled, Errc::no_space; else as the calls it makes.
  Result<void> prepare();
  // Names it, under `enter`, and removes the .zst, under `enter` once more.
  // Errc::exists: another process created the plain file, which wins; Errc::changed: the
  // .zst is another by now, or the plain file.
  Result<void> publish(const Enter& enter);

  const std::string& plain() const { return plain_; }
  // As the first record has it, else the name; empty if neither says.
  const std::string& thread_id() const { return thread_id_; }
  // Once prepare() has succeeded.
  const Content& content() const { return *content_; }
  const FileStamp& frame() const { return frame_; }
  // prepare() failed because the metadata cannot be kept here.
  bool metadata_failed() const { return metadata_failed_; }

private:
  Result<Content> decode_into(FileHandle to);
  Result<Content> read_back(FileHandle from);
  Result<void> check_stop() const;
  Result<void> still_the_frame();

  Fs& fs_;
  std::string compressed_;
  std::string plain_;
  std::uint64_t min_free_;
  std::stop_token stop_;
  std::optional<HeldDir> directory_; // of both; outlives the part file
  File source_;
  FileStamp frame_;
  std::string thread_id_;
  std::optional<TempFile> temp_;
  std::optional<Content> frame_content_;
  std::optional<Content> content_; // of the part file, read back
  bool metadata_failed_ = false;
};

} // namespace coldpress
