#pragma once

#include "fsutil/fs.hpp"

#include <sys/stat.h>

#include <map>
#include <memory>
#include <mutex>

namespace coldpress {

// A descriptor that is closed with its last owner.
class OpenDir {
public:
  explicit OpenDir(int fd) : fd_(fd) {}
  OpenDir(const OpenDir&) = delete;
  OpenDir& operator=(const OpenDir&) = delete;
  ~OpenDir();

  int fd() const { return fd_; }

private:
  int fd_;
};

// The directories that Fs::hold_dir() holds, and the way from a path to a descriptor and
// a name for the *at calls. Thread-safe.
class HeldDirs {
public:
  // Where a name is: `fd` is AT_FDCWD if no held directory leads there. `name` is "." for
  // a held directory itself.
  struct Place {
    std::shared_ptr<const OpenDir> dir; // keeps `fd` open
    int fd;
    std::string name;
  };

  Result<DirId> hold(const std::string& dir);
  void drop(const std::string& dir) noexcept;
  // What stands at `dir` now, by way of the directories held above it.
  Result<DirId> look_up(const std::string& dir) const;

  // Of the last component of `path`, which need not exist.
  Result<Place> place(std::string_view op, const std::string& path) const;
  // A readable descriptor of the directory `dir`, of the caller.
  Result<int> open_to_list(std::string_view op, const std::string& dir) const;
  // One for fstat(2), fstatfs(2) and the *at calls.
  Result<std::shared_ptr<const OpenDir>> open_to_search(std::string_view op,
                                                        const std::string& dir) const;

private:
  struct Held {
    std::shared_ptr<const OpenDir> dir;
    DirId id;
    std::size_t count = 0;
  };
  // The nearest held directory at or above a path, and the way down from it: components
  // without "." and empty ones. No directory: none is held above.
  struct Below {
    std::shared_ptr<const OpenDir> dir;
    std::string rest;
  };

  enum class Itself : std::uint8_t { counts, does_not };
  Result<Below> below(std::string_view op, const std::string& path, Itself itself) const;
  Result<int>
  open_for(std::string_view op, const std::string& path, int flags, Itself itself) const;

  mutable std::mutex mutex_;
  std::map<std::string, Held, std::less<>> held_;
};

} // namespace coldpress
