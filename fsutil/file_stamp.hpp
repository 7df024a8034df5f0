#pragma once

#include "fsutil/fs.hpp"

namespace coldpress {

// What must stay the same for a file to count as unchanged: which inode it is, how
// long, when last written, when last touched in any way, and whose.
struct FileStamp {
  std::uint64_t device = 0;
  std::uint64_t inode = 0;
  std::uint64_t size = 0;
  WallTime mtime{};
  WallTime ctime{};
  std::uint32_t mode = 0;
  std::uint32_t uid = 0;
  std::uint32_t gid = 0;
  std::uint64_t links = 0;

  friend bool operator==(const FileStamp&, const FileStamp&) = default;

  static FileStamp of(const FileStat& stat) {
    return {stat.device,
            stat.inode,
            stat.size,
            stat.mtime,
            stat.ctime,
            stat.mode,
            stat.uid,
            stat.gid,
            stat.links};
  }

  // The same file by inode, whatever has happened to it.
  bool same_inode(const FileStat& stat) const {
    return device == stat.device && inode == stat.inode;
  }

  // Unchanged but for ctime: a rename or a new link moves it.
  bool same_but_ctime(const FileStat& stat) const {
    FileStamp other = of(stat);
    other.ctime = ctime;
    return *this == other;
  }
};

// How far apart two changes must be for their ctimes to differ for sure, on a file system
// that wrote this one: ext3 keeps whole seconds, exFAT hundredths of one.
constexpr std::chrono::nanoseconds stamp_step(WallTime ctime) {
  using namespace std::chrono_literals;
  const auto since = ctime.time_since_epoch();
  return since % 1s == 0ns ? 2s : since % 10ms == 0ns ? 20ms : 0ns;
}

} // namespace coldpress
