#pragma once

#include "fsutil/fs.hpp"

#include <string_view>

namespace coldpress {

// Whether the kernel tells us of writers on this file system.
enum class LeaseSupport : std::uint8_t { none, works };

// The operation of the Error when another process has the file open.
inline constexpr std::string_view k_lease_op = "kernel lease";

// fcntl(2) F_SETLEASE on an open file: while it is whole, no process has opened the file
// in a way that conflicts. A conflicting open() blocks until the lease is dropped, or
// for /proc/sys/fs/lease-break-time (45 s). Nothing of it survives the process.
//
// The blocked open() has already resolved the inode: a process that unlinks the file
// under a lease takes the writer's bytes with it. Rename away, look at whole(), rename
// back.
class KernelLease {
public:
  // Errc::busy with k_lease_op: a process has the file open; Errc::denied: not the owner
  // and no CAP_LEASE; Errc::unsupported: none on this file system.
  static Result<KernelLease> try_take(Fs& fs, FileHandle file, LeaseKind kind);

  KernelLease(KernelLease&& other) noexcept;
  KernelLease& operator=(KernelLease&&) = delete;
  ~KernelLease();

  // False once a process is blocked in open(), or if not known.
  bool whole() const;

private:
  KernelLease(Fs& fs, FileHandle file, LeaseKind kind)
      : fs_(&fs), file_(file), kind_(kind) {}
  Fs* fs_;
  FileHandle file_;
  LeaseKind kind_;
};

} // namespace coldpress
