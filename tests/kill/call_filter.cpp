#include "tests/kill/call_filter.hpp"

#include <fcntl.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstdint>

namespace coldpress {

namespace {

constexpr std::uint32_t k_tmpfile = O_TMPFILE & ~O_DIRECTORY;

sock_filter
instruction(int code, std::uint32_t value, int if_true = 0, int if_false = 0) {
  return {static_cast<std::uint16_t>(code),
          static_cast<std::uint8_t>(if_true),
          static_cast<std::uint8_t>(if_false),
          value};
}

sock_filter load(std::size_t offset) {
  return instruction(BPF_LD | BPF_W | BPF_ABS, static_cast<std::uint32_t>(offset));
}

// The low half of an argument, on a little-endian machine.
sock_filter load_argument(std::size_t index) {
  return load(offsetof(seccomp_data, args) + index * sizeof(std::uint64_t));
}

// If the call is `number` and `test` holds for that argument, it answers `result`.
void add_rule(std::vector<sock_filter>& filter,
              long number,
              std::size_t argument,
              sock_filter test,
              std::uint32_t result) {
  filter.push_back(load(offsetof(seccomp_data, nr)));
  filter.push_back(
      instruction(BPF_JMP | BPF_JEQ | BPF_K, static_cast<std::uint32_t>(number), 0, 3));
  filter.push_back(load_argument(argument));
  filter.push_back(test);
  filter.push_back(instruction(BPF_RET | BPF_K, result));
}

void add_lie(std::vector<sock_filter>& filter, long number) {
  filter.push_back(
      instruction(BPF_JMP | BPF_JEQ | BPF_K, static_cast<std::uint32_t>(number), 0, 1));
  filter.push_back(instruction(BPF_RET | BPF_K, SECCOMP_RET_ERRNO)); // with 0: it is done
}

std::uint32_t refusal(int error) {
  return SECCOMP_RET_ERRNO | static_cast<std::uint32_t>(error);
}

} // namespace

const std::vector<WatchedCall>& watched_calls() {
  static const std::vector<WatchedCall> calls{
      {SYS_openat, "openat", 0, 1},
      {SYS_close, "close", 0},
      {SYS_write, "write", 0},
      {SYS_writev, "writev", 0},
      {SYS_pwrite64, "pwrite", 0},
      {SYS_pwritev, "pwritev", 0},
      {SYS_pwritev2, "pwritev2", 0},
      {SYS_ftruncate, "ftruncate", 0},
      {SYS_fallocate, "fallocate", 0},
      {SYS_fsync, "fsync", 0},
      {SYS_fdatasync, "fdatasync", 0},
      {SYS_linkat, "linkat", 2, 3},
      {SYS_renameat, "renameat", 2, 3, 1},
      {SYS_renameat2, "renameat2", 2, 3, 1},
      {SYS_unlinkat, "unlinkat", 0, 1},
      {SYS_mkdirat, "mkdirat", 0, 1},
      {SYS_fchmod, "fchmod", 0},
      {SYS_fchown, "fchown", 0},
      {SYS_utimensat, "utimensat", 0, 1},
      {SYS_fsetxattr, "fsetxattr", 0},
      {SYS_fremovexattr, "fremovexattr", 0},
      {SYS_flock, "flock", 0},
      {SYS_fcntl, "fcntl", 0},
#ifdef SYS_rename
      {SYS_open, "open", -1, 0},
      {SYS_rename, "rename", -1, 1, 0},
      {SYS_link, "link", -1, 1, 0},
      {SYS_unlink, "unlink", -1, 0},
      {SYS_mkdir, "mkdir", -1, 0},
      {SYS_rmdir, "rmdir", -1, 0},
      {SYS_chmod, "chmod", -1, 0},
#endif
  };
  return calls;
}

const WatchedCall* watched_call(long number) {
  const auto& calls = watched_calls();
  const auto found =
      std::find_if(calls.begin(), calls.end(), [number](const WatchedCall& call) {
        return call.number == number;
      });
  return found == calls.end() ? nullptr : &*found;
}

std::vector<sock_filter> make_filter(const Lacks& lacks, Watch watch) {
  std::vector<sock_filter> filter;
  if (lacks.leases) {
    add_rule(filter,
             SYS_fcntl,
             1,
             instruction(BPF_JMP | BPF_JEQ | BPF_K, F_SETLEASE, 0, 1),
             refusal(EINVAL));
  }
  if (lacks.unnamed) {
    add_rule(filter,
             SYS_openat,
             2,
             instruction(BPF_JMP | BPF_JSET | BPF_K, k_tmpfile, 0, 1),
             refusal(EOPNOTSUPP));
  }
  if (lacks.rename_flags) {
    add_rule(filter,
             SYS_renameat2,
             4,
             instruction(BPF_JMP | BPF_JEQ | BPF_K, 0, 1, 0),
             refusal(EINVAL));
  }
  if (lacks.syncs) {
    filter.push_back(load(offsetof(seccomp_data, nr)));
    for (const long number : {SYS_fsync,
                              SYS_fdatasync,
                              SYS_sync,
                              SYS_syncfs,
                              SYS_sync_file_range,
                              SYS_fadvise64}) {
      add_lie(filter, number);
    }
  }
  if (watch == Watch::yes) {
    filter.push_back(load(offsetof(seccomp_data, nr)));
    for (const WatchedCall& call : watched_calls()) {
      filter.push_back(instruction(
          BPF_JMP | BPF_JEQ | BPF_K, static_cast<std::uint32_t>(call.number), 0, 1));
      filter.push_back(instruction(BPF_RET | BPF_K, SECCOMP_RET_TRACE));
    }
  }
  filter.push_back(instruction(BPF_RET | BPF_K, SECCOMP_RET_ALLOW));
  return filter;
}

bool install_filter(std::vector<sock_filter>& filter) {
  sock_fprog program{static_cast<unsigned short>(filter.size()), filter.data()};
  return ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
         ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}

} // namespace coldpress
