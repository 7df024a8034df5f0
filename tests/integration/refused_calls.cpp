#include "tests/integration/refused_calls.hpp"

#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include <array>
#include <cstddef>

namespace coldpress {

namespace {

constexpr std::size_t k_steps_a_call = 6;
constexpr std::size_t k_most_calls = 8;

// One argument's low half: the calls meant here take ints.
std::uint32_t offset_of(unsigned argument) {
  return static_cast<std::uint32_t>(offsetof(seccomp_data, args) +
                                    argument * sizeof(std::uint64_t));
}

constexpr std::uint16_t k_load = BPF_LD | BPF_W | BPF_ABS;
constexpr std::uint16_t k_equal = BPF_JMP | BPF_JEQ | BPF_K;
constexpr std::uint16_t k_and = BPF_ALU | BPF_AND | BPF_K;
constexpr std::uint16_t k_answer = BPF_RET | BPF_K;

} // namespace

RefusedCall refused_unnamed_files(int error) {
  constexpr std::uint32_t k_unnamed = O_TMPFILE & ~O_DIRECTORY;
  return {SYS_openat, 2, k_unnamed, k_unnamed, error};
}

RefusedCall refused_leases(int error) {
  return {SYS_fcntl, 1, 0xffffffffU, F_SETLEASE, error};
}

RefusedCall refused_renames(int error) {
  return {SYS_renameat2, 0, 0, 0, error};
}

bool refuse_calls(const std::vector<RefusedCall>& calls) {
  std::array<sock_filter, k_most_calls * k_steps_a_call + 1> program{};
  std::uint16_t length = 0;
  if (calls.size() > k_most_calls) {
    return false;
  }
  for (const RefusedCall& call : calls) {
    const auto error = static_cast<std::uint32_t>(call.error) & SECCOMP_RET_DATA;
    const sock_filter steps[k_steps_a_call] = {
        {k_load, 0, 0, offsetof(seccomp_data, nr)},
        {k_equal, 0, 4, static_cast<std::uint32_t>(call.number)},
        {k_load, 0, 0, offset_of(call.argument)},
        {k_and, 0, 0, call.mask},
        {k_equal, 0, 1, call.value},
        {k_answer, 0, 0, SECCOMP_RET_ERRNO | error}};
    for (const sock_filter& step : steps) {
      program[length++] = step;
    }
  }
  program[length++] = {k_answer, 0, 0, SECCOMP_RET_ALLOW};
  const sock_fprog filter{length, program.data()};
  return ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
         ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) == 0;
}

} // namespace coldpress
