#pragma once

#include <linux/filter.h>

#include <string_view>
#include <vector>

namespace coldpress {

// What a process is told that its file system does not have, or what it lies about.
struct Lacks {
  bool leases = false;       // fcntl(F_SETLEASE) answers EINVAL
  bool unnamed = false;      // open(O_TMPFILE) answers EOPNOTSUPP
  bool rename_flags = false; // renameat2() with flags answers EINVAL

  // Everything that brings bytes to the disk says that it did, and does nothing; also
  // posix_fadvise(), which starts to write what it is told to drop.
  bool syncs = false;
};

// A system call that changes names, contents, metadata or locks, and which of its
// arguments say of what.
struct WatchedCall {
  long number = 0;
  std::string_view name;
  int fd = -1;        // index of a descriptor, or of the directory of `path`
  int path = -1;      // index of a path
  int from_path = -1; // index of the path it moves or links from, if it has two
};

const std::vector<WatchedCall>& watched_calls();
// Nothing if the call is not one of these.
const WatchedCall* watched_call(long number);

enum class Watch : bool { no, yes };

// A seccomp program: what `lacks` names fails, what is watched stops for the tracer, all
// else passes. Build it before fork(); install_filter() only makes system calls.
std::vector<sock_filter> make_filter(const Lacks& lacks, Watch watch);
// For the calling process and what it executes. False if the kernel refuses.
bool install_filter(std::vector<sock_filter>& filter);

} // namespace coldpress
