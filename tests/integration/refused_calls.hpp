#pragma once

#include <cstdint>
#include <vector>

namespace coldpress {

// A system call that shall fail: `number` with `argument` & `mask` == `value`.
struct RefusedCall {
  long number = 0;
  unsigned argument = 0;  // its place, from 0
  std::uint32_t mask = 0; // 0: any call of that number
  std::uint32_t value = 0;
  int error = 0;
};

RefusedCall refused_unnamed_files(int error); // openat with O_TMPFILE
RefusedCall refused_leases(int error);        // fcntl F_SETLEASE
RefusedCall refused_renames(int error);       // renameat2

// Makes the calls fail from now on in this process and all it starts (seccomp). Makes
// system calls only. False if the kernel does not allow it.
bool refuse_calls(const std::vector<RefusedCall>& calls);

} // namespace coldpress
