#include "locking/process_id.hpp"

#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <fstream>
#include <limits>
#include <optional>
#include <sstream>
#include <string_view>

#ifdef __APPLE__
#include <sys/sysctl.h>
#include <sys/types.h>
#endif

namespace coldpress {

namespace {

constexpr std::size_t k_host_bytes = 200;

#ifdef __APPLE__

std::string read_boot_id() {
  std::array<char, 64> text{};
  std::size_t size = text.size() - 1;
  if (sysctlbyname("kern.bootsessionuuid", text.data(), &size, nullptr, 0) != 0) {
    return {};
  }
  return text.data();
}

std::optional<std::uint64_t> start_time_of(std::uint32_t pid) {
  std::array<int, 4> name{CTL_KERN, KERN_PROC, KERN_PROC_PID, static_cast<int>(pid)};
  kinfo_proc info{};
  std::size_t size = sizeof info;
  if (sysctl(name.data(), 4, &info, &size, nullptr, 0) != 0 || size == 0) {
    return std::nullopt;
  }
  const timeval started = info.kp_proc.p_starttime;
  return static_cast<std::uint64_t>(started.tv_sec) * 1'000'000 +
         static_cast<std::uint64_t>(started.tv_usec);
}

#else

std::string read_boot_id() {
  std::ifstream file("/proc/sys/kernel/random/boot_id");
  std::string line;
  std::getline(file, line);
  return line;
}

std::optional<std::uint64_t> start_time_of(std::uint32_t pid) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/stat");
  std::string line;
  if (!std::getline(file, line)) {
    return std::nullopt;
  }
  // The second field is the command in parentheses and may hold anything but an end.
  const std::size_t close = line.rfind(')');
  if (close == std::string::npos) {
    return std::nullopt;
  }
  std::istringstream rest(line.substr(close + 1));
  std::string field;
  constexpr int k_third = 3;
  constexpr int k_start_time = 22;
  for (int number = k_third; number <= k_start_time && rest >> field; ++number) {
  }
  const char* end = field.data() + field.size();
  std::uint64_t start_time = 0;
  if (!rest || std::from_chars(field.data(), end, start_time).ptr != end) {
    return std::nullopt;
  }
  return start_time;
}

#endif

std::string read_host() {
  std::array<char, 256> name{};
  if (gethostname(name.data(), name.size() - 1) != 0) {
    return "unknown";
  }
  std::string host = std::string(name.data()).substr(0, k_host_bytes);
  for (char& c : host) {
    if (static_cast<unsigned char>(c) <= ' ' || c == '\x7f') {
      c = '?';
    }
  }
  return host;
}

} // namespace

ProcessId this_process() {
  const auto pid = static_cast<std::uint32_t>(getpid());
  return ProcessId{
      read_host(), pid, start_time_of(pid).value_or(std::uint64_t{0}), read_boot_id()};
}

bool same_boot(const ProcessId& a, const ProcessId& b) {
  return !a.boot_id.empty() && a.host == b.host && a.boot_id == b.boot_id;
}

bool pid_exists(std::uint32_t pid) {
  // 0 and what is negative as pid_t would mean groups of processes to kill().
  if (pid == 0 || pid > static_cast<std::uint32_t>(std::numeric_limits<pid_t>::max())) {
    return false;
  }
  return kill(static_cast<pid_t>(pid), 0) == 0 || errno == EPERM;
}

std::uint32_t effective_uid() {
  return geteuid();
}

} // namespace coldpress
