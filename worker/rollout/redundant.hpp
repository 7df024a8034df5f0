#pragma once

#include "locking/codex_locks.hpp"
#include "worker/rollout/compare.hpp"
#include "worker/rollout/content.hpp"

#include <optional>
#include <string>

namespace coldpress {

// Two files hold the same bytes of one rollout, and one of them goes. This is the only
// way: no other code of a room that handles rollouts unlinks one (tests/lint).

// What may have happened to a file since its stamp was taken.
enum class Since : std::uint8_t {
  nothing,
  moved,    // its ctime alone: it was renamed
  appended, // it has that inode, and is no shorter
  written,  // it has that inode: of a source, which is what its writers want it to be
};

struct Copy {
  std::string path;
  FileStamp stamp;
  Since since = Since::nothing;
};

// A copy that survives a power cut: its bytes and then its name were synced.
class Durable {
public:
  // Errc::changed if the open file is not that copy.
  static Result<Durable> sync(Fs& fs, FileHandle file, Copy copy);
  // Of the file that has its name now.
  static Result<Durable> sync(Fs& fs, Copy copy);

  Durable(Durable&&) noexcept = default;
  Durable& operator=(Durable&&) noexcept = default;

  const Copy& copy() const { return copy_; }

private:
  explicit Durable(Copy copy) : copy_(std::move(copy)) {}
  Copy copy_;
};

// Why a copy may not be the only one: others than those of the copy that goes could
// change or remove it, or it is no second copy at all.
enum class LessSafe : std::uint8_t {
  other_user,   // it belongs to another user
  second_name,  // it has a second name, through which it could be changed
  others_write, // others may write to it who may not write to the one that goes
  same_file,    // it is the one that goes, in a directory that has two paths
};
std::optional<LessSafe> less_safe(const FileStamp& goes, const FileStamp& stays);

// The proof, made under one of Codex's locks, that of two copies one is not needed: all
// its bytes are in the other, which is durable, and both names are still those files.
// Good for as long as that lock is held. `lock` is the maintenance or the coordination
// lock; Errc::invalid if it was given back.
class Redundant {
public:
  // They were compared, wherever they came from. Errc::changed if either is no longer as
  // compared, or if the one that stays is less_safe().
  static Result<Redundant> prove(Fs& fs,
                                 const LockedFile& lock,
                                 const Comparison& comparison,
                                 Copy goes,
                                 const Durable& stays);

  // One was made from the other, and each was read whole. Errc::invalid if they were not
  // the same.
  struct Pair {
    const Content& goes;
    const Content& stays;
  };
  static Result<Redundant> prove(
      Fs& fs, const LockedFile& lock, const Pair& read, Copy goes, const Durable& stays);

  // Both are names of one file. Errc::changed if they are one name, by two paths.
  static Result<Redundant>
  second_name(Fs& fs, const LockedFile& lock, Copy goes, const Durable& stays);

  // It has no bytes.
  static Result<Redundant> empty(Fs& fs, const LockedFile& lock, Copy goes);

  Redundant(Redundant&&) noexcept = default;
  Redundant& operator=(Redundant&&) noexcept = default;

  // Unlinks the copy that goes; not durable by this.
  Result<void> remove() &&;

private:
  Redundant(Fs& fs, std::string path) : fs_(&fs), path_(std::move(path)) {}
  Fs* fs_;
  std::string path_;
};

} // namespace coldpress
