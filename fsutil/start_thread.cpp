#include "fsutil/start_thread.hpp"

#include <fmt/format.h>
#include <sys/resource.h>

#include <fstream>
#include <system_error>

namespace coldpress {

namespace {

std::string first_line(const std::string& path) {
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  return line;
}

// The nearest control group on the way up that has a limit; empty if there is none.
std::string pids_limit() {
  std::ifstream groups("/proc/self/cgroup");
  for (std::string line; std::getline(groups, line);) {
    if (!line.starts_with("0::/")) { // the unified hierarchy
      continue;
    }
    for (std::string group = line.substr(3); !group.empty();
         group.erase(group.rfind('/'))) {
      const std::string dir = "/sys/fs/cgroup" + group;
      const std::string most = first_line(dir + "/pids.max");
      if (!most.empty() && most != "max") {
        return fmt::format("pids.max of the control group {} is {}, in use are {}",
                           group,
                           most,
                           first_line(dir + "/pids.current"));
      }
    }
  }
  return {};
}

std::string limits_text() {
  rlimit processes{};
  std::string text = "no thread could be started";
  if (::getrlimit(RLIMIT_NPROC, &processes) == 0 && processes.rlim_cur != RLIM_INFINITY) {
    text += fmt::format(
        "; RLIMIT_NPROC (ulimit -u) allows {} processes and threads of this user",
        processes.rlim_cur);
  }
  if (const std::string pids = pids_limit(); !pids.empty()) {
    text += "; " + pids;
  }
  return text + "; raise the limit, or end other processes";
}

} // namespace

Result<std::thread> start_thread(std::function<void()> work) {
  try {
    return std::thread(std::move(work));
  } catch (const std::system_error& error) {
    return Fail(
        Error{Errc::io, error.code().value(), "start a thread", {}, {limits_text()}});
  }
}

} // namespace coldpress
