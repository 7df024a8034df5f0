#include "worker/run/doctor_proc.hpp"

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

} // namespace

// 1: FLOCK  ADVISORY  WRITE 4711 08:02:131075 0 EOF
// A line of "->" is one that waits.
std::optional<std::uint32_t> flock_holder(std::string_view proc_locks,
                                          std::uint64_t inode) {
  std::optional<std::uint32_t> found;
  for_each_line(proc_locks, [&](std::string_view line) {
    const auto words = words_of(line);
    if (found || words.size() < 6 || words[1] != "FLOCK") {
      return;
    }
    const std::string_view file = words[5];
    if (number(file.substr(file.rfind(':') + 1)) == inode) {
      found = number<std::uint32_t>(words[4]);
    }
  });
  return found && *found > 0 ? found : std::nullopt;
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

std::optional<std::string> cgroup_path(std::string_view proc_cgroup) {
  constexpr std::string_view k_unified = "0::";
  std::optional<std::string> found;
  for_each_line(proc_cgroup, [&](std::string_view line) {
    if (line.starts_with(k_unified)) {
      found = std::string(line.substr(k_unified.size()));
    }
  });
  return found;
}

std::optional<std::uint64_t> memory_max(std::string_view text) {
  return number(text.substr(0, text.find('\n')));
}

} // namespace coldpress
