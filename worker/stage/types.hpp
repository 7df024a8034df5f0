#pragma once

#include "config/settings.hpp"
#include "fsutil/file_stamp.hpp"
#include "fsutil/hash.hpp"
#include "fsutil/temp_file.hpp"
#include "locking/guards.hpp"
#include "locking/kernel_lease.hpp"
#include "worker/rollout/content.hpp"
#include "worker/rollout/head_memory.hpp"
#include "worker/rollout/reader.hpp"
#include "worker/rollout/redundant.hpp"
#include "worker/rollout/tree_walk.hpp"

#include <array>
#include <bit>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <variant>
#include <vector>

namespace coldpress {

// Why a rollout is taken or left. The names are those of NDJSON, the ledger and the
// manual; they are never reused for something else.
enum class Reason : std::uint8_t {
  cold,
  weak_frame,
  lost_checksum,
  too_young,
  unsettled,
  future_mtime,
  time_out_of_range,
  empty,
  too_small,
  sparse,
  no_gain,
  not_regular,
  symlink,
  name_too_long,
  hard_linked,
  not_owner,
  no_session_meta,
  bad_name,
  excluded,
  held,
  both_forms,
  in_both_trees,
  blocked,
  open_for_writing,
  live_writer,
  maintenance,
  foreign_marker,
  no_lease,
  reader_too_old,
  shared_history,
  metadata_not_kept,
  no_exchange,
  extra_data,
  changed,
  vanished,
  no_space,
  no_memory,
  too_large,
  unreadable,
  not_writable,
  read_only,
  not_permitted,
  io_error,
  // outcomes only
  canceled,
  no_time,
};

std::string_view name_of(Reason reason);
// A sentence for a person: what it means and, where there is something, what to do.
std::string_view explain(Reason reason);
// What a failed call says of the file, by its errno and by what was tried.
Reason reason_for(const Error& error);

enum class OutcomeKind : std::uint8_t {
  compressed,
  recompressed, // a weak .zst was replaced by one of ours
  restored,
  skipped,        // nothing changed; `reason` says why
  failed,         // nothing changed; `error` says why
  writer_arrived, // undone: a writer came while the name changed
  reaped,         // the retired plain file is gone, its space free
  recovered,      // a leftover was put right; `detail` says how
  conflict,       // two forms that differ; touched nothing
  orphaned,       // moved to orphans/
  removed,        // an orphan that somebody asked to remove
};

std::string_view name_of(OutcomeKind kind);

enum class Action : std::uint8_t { compress, skip };

std::string_view name_of(Action action);

// `path` relative to the store, as Candidate::rollout; a path that is not below it as it
// is.
std::string path_in_store(const std::string& home, const std::string& path);

// "archived_sessions" and "sessions".
std::string_view tree_name(Root root);
// Where Codex keeps the plain form in that tree: flat in the archive, by the date in its
// name in the other. Empty if the name has no date. `home` is the store.
std::optional<std::string>
usual_path(const std::string& home, Root root, const std::string& plain_name);

// A rollout as the scan saw it: in its plain form, or as a weak .zst that stands alone.
struct Candidate {
  std::string
      rollout; // logical path relative to the store: "archived_sessions/rollout-….jsonl"
  std::string path; // absolute path of the file
  Form form = Form::plain;
  Root root = Root::archived;
  FileType type = FileType::regular;
  FileStamp stamp;
  std::uint64_t allocated = 0; // bytes on disk
  bool valid_name = true;
  bool compressed_sibling = false; // the .zst stands beside it
  bool twin = false;               // the other tree has a form of it, too
  bool blocked = false;            // what is no file has the name of its .zst
  bool ours = false;               // of a weak frame: we made the one that stood there
  bool unreadable = false;         // could not be opened or read, and why:
  Reason why_unreadable = Reason::unreadable;
  std::string thread_id; // of the first session_meta; empty: there is none
  std::string cwd;       // project directory, may be empty
  std::optional<Version> cli_version;
  bool shares_history = false;           // has history_base, or is named in one
  std::optional<std::uint64_t> declared; // plain bytes, by the weak frame's own word
  std::string source;                    // as RolloutHead::source
};

// What will be done with one rollout, and why. Advice: claim() looks again.
struct Decision {
  Candidate candidate;
  Action action = Action::skip;
  Reason reason = Reason::cold;
};

// A file of ours or Codex's found in one of the trees.
enum class Role : std::uint8_t { plain, compressed, retired };

std::string_view name_of(Role role);

struct FoundFile {
  Role role = Role::plain;
  Root root = Root::archived;
  std::string path; // absolute
};

// Whether it stands in a directory in which Codex keeps that rollout.
bool is_in_usual_place(const std::string& home,
                       const FoundFile& file,
                       const std::string& plain_name);

// A form of the same rollout where Codex keeps it in the other tree: its path; nothing if
// there is none, or if `path` is somebody's copy in a place where Codex would not look.
// Whoever compresses one of two such files decides which of them is the rollout.
Result<std::optional<std::string>>
find_twin(Fs& fs, const std::string& home, Root root, const std::string& path);

// Where the forms of one rollout stand, by the path of either.
struct FormPaths {
  explicit FormPaths(const std::string& either);
  std::string dir;
  std::string plain;
  std::string compressed;
  std::string retired;
};

// Every form of one rollout, wherever in the store it stands. More than one file means
// that a publication is under way, or that something was left behind.
struct RolloutForms {
  std::string plain_name; // file name of the plain form
  std::vector<FoundFile> files;
};

// What a file system gives and takes back: to gain less is to gain nothing.
inline constexpr std::uint64_t k_block_bytes = 4096;

// Whether nearly all of a file is a hole, or was compressed away by its file system: its
// length says nothing of the work to be done or of the space to be gained.
constexpr bool is_sparse(std::uint64_t size, std::uint64_t allocated) {
  constexpr std::uint64_t k_bounded_anyway = std::uint64_t{16} << 20U;
  constexpr std::uint64_t k_denser = 128; // no file system compresses conversations so
  return size > k_bounded_anyway && allocated < size / k_denser;
}

// A Codex release counts as being in use for this long after it was seen.
inline constexpr std::chrono::days k_version_memory{30};
// From this release on a fork reads its compressed parent (PR 41357, PR 42039).
inline constexpr Version k_shares_compressed{0, 154, 0};

// A Codex release that was at work in the store, and what shows it.
struct VersionSeen {
  enum class By : std::uint8_t {
    record,  // which names its writer
    turn,    // of this release or of another of those that write such turns
    unknown, // turns whose writer cannot be told: taken for the oldest
  };
  Version version;
  std::string rollout;
  WallTime when{};
  By by = By::record;
  Version
      before{}; // of a turn: its writer is older than this; 0: it may be any later one
};

// "0.135", "0.135 or another before 0.136": as far as the version is known.
std::string to_string(const VersionSeen& seen);

// A .zst as the scan saw it.
struct CompressedRollout {
  std::string rollout; // logical path, as Candidate::rollout
  std::string path;    // absolute
  FileStamp stamp;
  std::uint64_t allocated = 0; // bytes on disk
  bool head_known = false;     // its first record was read, now or earlier
  std::string cwd;
  std::string source;
};

// Everything one walk over both trees has found.
struct Inventory {
  std::vector<Candidate> candidates;         // plain forms and what is named like one
  std::vector<Candidate> weak;               // .zst that stand alone; only if asked for
  std::vector<CompressedRollout> compressed; // each .zst; only if asked for
  std::vector<RolloutForms> leftovers;       // more than one form, or a retired one
  std::vector<std::string> parts;            // our named temps, absolute
  std::vector<std::string> foreign_temps;    // Codex's temps, absolute
  std::vector<VersionSeen> versions;         // within the days that count, each once
  std::array<std::string, 2> examples;       // by Root: any rollout file of that tree
  // By Root: the file system's type, if it is not known to be local; else empty.
  std::array<std::string, 2> not_local;
  std::uint64_t compressed_files = 0;
  std::uint64_t compressed_bytes = 0;     // their lengths
  std::uint64_t compressed_allocated = 0; // bytes on disk
  // What is named like a rollout or may hold some, and is not handled. The plan has a
  // decision, too, for those that have a plain name.
  std::vector<OddEntry> odd;
  std::vector<Error> errors; // directories that could not be listed
  HeadNews heads;            // what the next walk need not read again
};

// Why nothing in the store may be compressed.
struct Refusal {
  Reason reason = Reason::reader_too_old;
  VersionSeen seen; // of those that refuse it the latest: it counts longest
};

// When that no longer counts.
WallTime counts_until(const VersionSeen& seen);
// What a user can do, without a full stop.
std::string way_on(const Refusal& refusal);

struct Plan {
  std::vector<Decision> decisions;    // the trees in scan.roots, most gain first
  std::vector<Decision> beyond_roots; // the other tree, as it would be decided
  std::optional<Refusal> refused;
};

// What the ledger knows of a rollout from earlier passes. Advice: a lost one costs a
// second look, never a rollout.
struct Remembered {
  FileStamp stamp;                    // when it was last tried
  bool no_gain = false;               // it did not get smaller then
  std::optional<WallTime> retry_at;   // it failed, or ended a run: not before, and last
  std::optional<WallTime> hold_until; // after a restore: leave it plain until then
};

// By logical path, as Candidate::rollout.
using Memory = std::unordered_map<std::string, Remembered>;

// Lengths of the .zst files that we made and that stand, as far as the ledger saw; by
// logical path. One of another length was written by another program since.
using OwnFrames = std::unordered_map<std::string, std::uint64_t>;

// How much smaller compressing made the rollouts of this store so far, by their length:
// class n holds those from 2^(n-1) to 2^n - 1 bytes.
struct Achieved {
  struct Sizes {
    std::uint64_t plain = 0; // bytes, of all of that class
    std::uint64_t compressed = 0;
  };
  std::array<Sizes, 65> by_class{};
};

constexpr std::size_t size_class(std::uint64_t bytes) {
  return static_cast<std::size_t>(std::bit_width(bytes));
}

struct Stop;

// What became of one rollout. Made by one of the functions here.
struct Outcome {
  static Outcome of(std::string rollout, OutcomeKind kind, std::string detail = {});
  static Outcome failed(std::string rollout, Error error);
  static Outcome stopped(std::string rollout, const Stop& stop);

  // Relative to the store, as Candidate::rollout; what is in no store as it is.
  std::string rollout;
  OutcomeKind kind = OutcomeKind::skipped;
  std::optional<Reason> reason;
  std::optional<Error> error;
  std::string detail;
  FileStamp stamp; // of the file when it was claimed
  std::uint64_t bytes_before =
      0;                         // length of the plain form; of the old .zst if recompressed
  std::uint64_t bytes_after = 0; // length of the compressed form, 0 if none
  std::uint64_t plain_bytes = 0; // length of the plain form, once compressed
  std::optional<Hash128> hash;   // of the plain bytes
  int level = 0;
  int window_log = 0;
  std::uint64_t predicted_bytes = 0; // what bytes_after was expected to be; 0: nothing
  bool verified_from_disk = false;   // false: the kernel kept the pages
  std::uint64_t blocked_us = 0;      // length of the critical section
  double seconds = 0;
};

// Why a stage does not go on with this rollout.
struct Stop {
  OutcomeKind kind = OutcomeKind::skipped;
  Reason reason = Reason::changed;
  std::optional<Error> error;
  std::string detail;
  std::uint64_t blocked_us = 0;

  static Stop skip(Reason reason, std::string detail = {});
  // An error, sorted by reason_for(): what the world did is a skip, what the machine did
  // is a failure. A Step takes an Error by this, so that TRY works in a stage.
  static Stop from(Error error);
};

// A stage's value, or why there is none.
template <class T> class [[nodiscard]] Step : public tl::expected<T, Stop> {
  using Base = tl::expected<T, Stop>;

public:
  using Base::Base;
  Step(Base base) : Base(std::move(base)) {}
  Step(Stop stop) : Base(tl::unexpect, std::move(stop)) {}
  Step(Error error) : Base(tl::unexpect, Stop::from(std::move(error))) {}
  Step(tl::unexpected<Error> error) : Step(std::move(error.value())) {}
};

// Stops with `in_both_trees` if the other tree has a form of the candidate: see
// find_twin().
Step<std::monostate>
has_no_twin(Fs& fs, const std::string& home, const Candidate& candidate);

// copy_metadata() of a claimed file. Stops with `metadata_not_kept` if something of it
// cannot be kept.
class Claim;
Step<std::monostate>
keep_metadata(Fs& fs, const Claim& claim, FileHandle to, const std::string& path);

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

// The claimed file's bytes as one zstd frame in a temp file nobody sees: decoded and
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
    NamingKey() {}
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
