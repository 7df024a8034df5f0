#include "worker/inspect/doctor_proc.hpp"

#include <fmt/format.h>

#include <charconv>
#include <functional>
#include <vector>

namespace coldpress {

namespace {

void for_each_line(std::string_view text,
                   const std::function<void(std::string_view line)>& take) {
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    take(text.substr(0, end));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
}

std::vector<std::string_view> words_of(std::string_view line) {
  std::vector<std::string_view> words;
  for (;;) {
    const std::size_t begin = line.find_first_not_of(' ');
    if (begin == std::string_view::npos) {
      return words;
    }
    line.remove_prefix(begin);
    words.push_back(line.substr(0, line.find(' ')));
    line.remove_prefix(words.back().size());
  }
}

template <class T = std::uint64_t> std::optional<T> number(std::string_view text) {
  T value = 0;
  const char* end = text.data() + text.size();
  const auto read = std::from_chars(text.data(), end, value);
  return read.ec == std::errc{} && read.ptr == end ? std::optional(value) : std::nullopt;
}

// "08:02", as Linux puts both numbers into one.
std::string device_text(std::uint64_t device) {
  const std::uint64_t major = ((device >> 8U) & 0xfffU) | ((device >> 32U) & ~0xfffULL);
  const std::uint64_t minor = (device & 0xffU) | ((device >> 12U) & ~0xffULL);
  return fmt::format("{:02x}:{:02x}", major, minor);
}

} // namespace

// 1: FLOCK  ADVISORY  WRITE 4711 08:02:131075 0 EOF
// A line of "->" is one that waits.
std::optional<std::uint32_t>
flock_holder(std::string_view proc_locks, std::uint64_t device, std::uint64_t inode) {
  const std::string here = device_text(device);
  std::optional<std::uint32_t> exact;
  std::vector<std::optional<std::uint32_t>> anywhere;
  for_each_line(proc_locks, [&](std::string_view line) {
    const auto words = words_of(line);
    if (words.size() < 6 || words[1] != "FLOCK") {
      return;
    }
    const std::string_view file = words[5];
    const std::size_t colon = file.rfind(':');
    if (colon == std::string_view::npos || number(file.substr(colon + 1)) != inode) {
      return;
    }
    const auto pid = number<std::uint32_t>(words[4]);
    anywhere.push_back(pid);
    if (!exact && file.substr(0, colon) == here) {
      exact = pid;
    }
  });
  const auto found = exact                  ? exact
                     : anywhere.size() == 1 ? anywhere.front()
                                            : std::nullopt;
  return found && *found > 0 ? found : std::nullopt; // 0: of another pid namespace
}

std::optional<std::uint64_t> open_file_limit(std::string_view proc_limits) {
  std::optional<std::uint64_t> found;
  for_each_line(proc_limits, [&](std::string_view line) {
    const auto words = words_of(line);
    if (words.size() > 3 && line.starts_with("Max open files")) {
      found = number(words[3]);
    }
  });
  return found;
}

std::optional<std::uint64_t> available_memory(std::string_view meminfo) {
  std::optional<std::uint64_t> found;
  for_each_line(meminfo, [&](std::string_view line) {
    const auto words = words_of(line);
    if (words.size() > 1 && words[0] == "MemAvailable:") {
      found = number(words[1]);
    }
  });
  return found ? std::optional(*found * 1024) : std::nullopt;
}

} // namespace coldpress
