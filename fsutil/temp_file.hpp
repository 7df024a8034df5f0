#pragma once

#include "fsutil/fs.hpp"

#include <functional>
#include <string>

namespace coldpress {

// A file being written next to its destination: unnamed where the file system can,
// else `.<16 hex>.coldpress-part`, flocked while its owner lives. Gone when this object
// dies, unless commit_new() returned success.
class TempFile {
public:
  enum class Naming : std::uint8_t {
    unnamed, // where the file system can
    named,   // from the start, so that sync_file() makes it durable everywhere
  };
  static Result<TempFile>
  create_beside(Fs& fs, const std::string& target, Naming naming = Naming::unnamed);

  TempFile(TempFile&& other) noexcept;
  TempFile& operator=(TempFile&& other) noexcept;
  ~TempFile();

  FileHandle handle() const { return file_.handle(); }
  const std::string& target() const { return target_; }
  bool named() const { return !part_path_.empty(); }

  // Gives the file its final name, never replacing: Errc::exists if that is taken.
  // Atomic for readers. Neither the bytes nor the name are durable by this: call
  // sync_file() before, and sync_file() and sync_dir() after.
  // On failure the object is as before and still cleans up.
  Result<void> commit_new();

  // Changes places with the file that has the final name now, in one step: each moment
  // that name is one of the two. Answers the path of the other from here on, which stays
  // when this object dies and looks like a temp file whose owner is gone. Only for one
  // that is named().
  // Errc::not_found: nothing had the final name; Errc::unsupported: not on this system.
  // On failure the object is as before and still cleans up.
  Result<std::string> commit_exchange();

private:
  TempFile(Fs& fs, File file, std::string part_path, std::string target)
      : fs_(&fs), file_(std::move(file)), part_path_(std::move(part_path)),
        target_(std::move(target)) {}
  void discard() noexcept;

  Fs* fs_;
  File file_;
  std::string part_path_; // empty: unnamed, or committed
  std::string target_;
};

// ".<16 hex>.coldpress-part"
bool is_part_name(std::string_view name);

// Removes a temp file whose owner is gone, or is the caller. Errc::invalid for any name
// that is not is_part_name().
Result<void> remove_part(Fs& fs, const std::string& path);

enum class Moved : std::uint8_t { by_rename, by_link };

// rename_new(), or link and unlink where the system has no such rename. Not atomic in
// that second form: a crash in between leaves one inode under both names; and over NFS a
// file that is open here counts one link more until it is closed. Never replaces:
// Errc::exists.
Result<Moved> move_new(Fs& fs, const std::string& from, const std::string& to);

} // namespace coldpress
