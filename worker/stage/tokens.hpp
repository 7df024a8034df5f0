#pragma once

#include "fsutil/hash.hpp"
#include "fsutil/temp_file.hpp"
#include "locking/guards.hpp"
#include "locking/kernel_lease.hpp"
#include "worker/rollout/content.hpp"
#include "worker/rollout/redundant.hpp"
#include "worker/stage/candidate.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <utility>

namespace coldpress {

// The tokens of the pipeline. Move-only, each with one maker, which is its one friend:
// what publish() takes was verified, what verify() takes was encoded from a claimed file.
// tests/lint/tokens.cpp shows what does not compile.

// The right to work on one file: open, and as it was when it was claimed, with the
// directory that it is in. Holds no lock that a writer could meet.
class Claim {
public:
  Claim(Claim&&) noexcept = default;
  Claim& operator=(Claim&&) noexcept = default;

  const Candidate& candidate() const { return candidate_; }
  const FileStamp& stamp() const { return stamp_; }
  FileHandle file() const { return file_.handle(); }
  const HeldDir& directory() const { return directory_; }
  LeaseSupport lease() const { return lease_; }
  // Plain bytes. Of a weak frame what it declares, until measure() has counted them.
  std::uint64_t source_size() const { return source_size_; }
  // Of the store it is in.
  const std::string& home() const { return home_; }
  // Only once a weak frame was measured.
  const std::optional<Content>& measured() const { return measured_; }
  // The same claim, with what its file was found to hold. Errc::changed if that was read
  // of another file, or of this one as it was not claimed.
  Result<Claim> measured(const Content& content) && {
    if (content.stamp() != stamp_) {
      return Fail(Error{Errc::changed, 0, "measure", candidate_.path, {}});
    }
    source_size_ = content.size();
    measured_ = content;
    return std::move(*this);
  }

private:
  friend class ClaimMaker; // worker/stage/claim.cpp
  Claim(Candidate candidate,
        FileStamp stamp,
        HeldDir directory,
        File file,
        LeaseSupport lease,
        std::string home)
      : candidate_(std::move(candidate)), stamp_(stamp), directory_(std::move(directory)),
        file_(std::move(file)), lease_(lease), home_(std::move(home)),
        source_size_(candidate_.declared.value_or(stamp.size)) {}
  Candidate candidate_;
  FileStamp stamp_;
  HeldDir directory_;
  File file_;
  LeaseSupport lease_;
  std::string home_;
  std::uint64_t source_size_;
  std::optional<Content> measured_;
};

// The claimed file's bytes as one zstd frame in a temp file without a name: decoded and
// compared with the source as they were written.
class Encoded {
public:
  Encoded(Encoded&&) noexcept = default;
  Encoded& operator=(Encoded&&) noexcept = default;

  const Claim& claim() const { return claim_; }
  const TempFile& temp() const { return temp_; }
  const Content& source() const { return source_; }
  const DecodedFrame& frame() const { return frame_; }
  int window_log() const { return window_log_; }
  int level() const { return level_; }

  // The right to name the temp file: only a Verified has it.
  class NamingKey {
    friend class Verified;
    NamingKey() = default;
  };
  TempFile& temp(NamingKey) { return temp_; }

private:
  friend class EncodedMaker; // worker/stage/encode.cpp
  Encoded(Claim claim,
          TempFile temp,
          const Content& source,
          const DecodedFrame& frame,
          int level,
          int window_log)
      : claim_(std::move(claim)), temp_(std::move(temp)), source_(source), frame_(frame),
        level_(level), window_log_(window_log) {}
  Claim claim_;
  TempFile temp_;
  Content source_;
  DecodedFrame frame_;
  int level_;
  int window_log_;
};

// Encoded, synced, read back and found to be what was written; metadata in place and
// synced.
class Verified {
public:
  Verified(Verified&&) noexcept = default;
  Verified& operator=(Verified&&) noexcept = default;

  const Encoded& encoded() const { return encoded_; }
  const Claim& claim() const { return encoded_.claim(); }
  const Content& frame() const { return frame_; } // as it was read back
  FileHandle temp() const { return encoded_.temp().handle(); }
  bool from_disk() const { return from_disk_; }

  // As TempFile's: with Codex's coordination lock and the thread free.
  Result<void> commit_new(const Section&) {
    return encoded_.temp(Encoded::NamingKey()).commit_new();
  }
  Result<std::string> commit_exchange(const Section&) {
    return encoded_.temp(Encoded::NamingKey()).commit_exchange();
  }

private:
  friend class VerifiedMaker; // worker/stage/verify.cpp
  Verified(Encoded encoded, const Content& frame, bool from_disk)
      : encoded_(std::move(encoded)), frame_(frame), from_disk_(from_disk) {}
  Encoded encoded_;
  Content frame_;
  bool from_disk_;
};

// The .zst has its name and is durable; the plain file is retired, not yet reaped.
class Published {
public:
  Published(Published&&) noexcept = default;
  Published& operator=(Published&&) noexcept = default;

  const std::string& rollout() const { return rollout_; }
  Root root() const { return root_; }
  const std::string& thread_id() const { return thread_id_; }
  const std::string& plain_path() const { return plain_path_; }
  const std::string& retired_path() const { return retired_path_; }
  const DirId& directory() const { return directory_; } // that both forms are in
  const FileStamp& plain() const { return plain_; }     // before the rename
  // After it, taken while the lease was whole.
  const FileStamp& retired() const { return retired_; }
  // Whether each later change of the retired file shows in its ctime.
  bool changes_show() const { return changes_show_; }
  const FileStamp& compressed() const { return compressed_; }
  // What was read of the two: the same bytes.
  Redundant::Pair contents() const { return {source_, frame_}; }
  LeaseSupport lease() const { return lease_; }
  std::uint64_t blocked_us() const { return blocked_us_; }

private:
  friend class PublishedMaker; // worker/stage/publish.cpp
  Published(const Content& source, const Content& frame)
      : source_(source), frame_(frame) {}
  Content source_;
  Content frame_;
  std::string rollout_;
  Root root_ = Root::archived;
  std::string thread_id_;
  std::string plain_path_;
  std::string retired_path_;
  DirId directory_;
  FileStamp plain_;
  FileStamp retired_;
  bool changes_show_ = false;
  FileStamp compressed_;
  LeaseSupport lease_ = LeaseSupport::none;
  std::uint64_t blocked_us_ = 0;
};

} // namespace coldpress
