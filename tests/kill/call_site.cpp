#include "tests/kill/call_site.hpp"

#include "fsutil/fs.hpp"
#include "worker/rollout/name.hpp"

#include <fcntl.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include <array>
#include <climits>
#include <cstring>

namespace coldpress {

namespace {

std::string link_target(const std::string& link) {
  std::array<char, PATH_MAX> target{};
  const ssize_t length = ::readlink(link.c_str(), target.data(), target.size());
  return length < 0 ? std::string()
                    : std::string(target.data(), static_cast<std::size_t>(length));
}

class Stopped {
public:
  Stopped(pid_t thread, const __ptrace_syscall_info& info)
      : thread_(thread), info_(info) {}

  std::uint64_t argument(int index) const { return info_.seccomp.args[index]; }

  std::string path_of_fd(int index) const {
    const int fd = static_cast<int>(argument(index));
    const std::string proc = "/proc/" + std::to_string(thread_);
    return link_target(fd == AT_FDCWD ? proc + "/cwd"
                                      : proc + "/fd/" + std::to_string(fd));
  }

  std::string text(int index) const {
    std::array<char, PATH_MAX> bytes{};
    // Up to the end of the page, as the next one may not be there.
    const std::uint64_t from = argument(index);
    const std::uint64_t page = 4096;
    iovec local{bytes.data(), static_cast<std::size_t>(page - from % page)};
    iovec remote{reinterpret_cast<void*>(from), local.iov_len}; // NOLINT: its address
    std::string text;
    if (::process_vm_readv(thread_, &local, 1, &remote, 1, 0) > 0) {
      text.assign(bytes.data(), ::strnlen(bytes.data(), local.iov_len));
      if (text.size() == local.iov_len && text.size() < bytes.size()) {
        iovec rest{bytes.data(), bytes.size() - text.size()};
        iovec next{reinterpret_cast<void*>(from + text.size()), rest.iov_len}; // NOLINT
        if (::process_vm_readv(thread_, &rest, 1, &next, 1, 0) > 0) {
          text.append(bytes.data(), ::strnlen(bytes.data(), rest.iov_len));
        }
      }
    }
    return text;
  }

  // Of the call's object: a path, or what a descriptor stands for.
  std::string object(int fd, int path) const {
    std::string named = path < 0 || argument(path) == 0 ? "" : text(path);
    if (!named.starts_with("/") && fd >= 0) {
      const std::string at = path_of_fd(fd);
      named = named.empty() ? at : join_path(at, named);
    }
    return named;
  }

private:
  pid_t thread_;
  const __ptrace_syscall_info& info_;
};

std::string file_kind(const std::string& name) {
  switch (classify(name)) {
  case NameKind::plain:
    return "plain";
  case NameKind::compressed:
    return "compressed";
  case NameKind::retired:
    return "retired";
  case NameKind::part:
    return "part";
  case NameKind::foreign_temp:
    return "foreign temp";
  default:
    break;
  }
  if (name.starts_with("#") || name.ends_with(" (deleted)")) {
    return "unnamed";
  }
  return name.ends_with(".lock") && is_uuid(name.substr(0, name.size() - 5))
             ? "thread lock"
             : name;
}

// "plain" for any rollout: sites are told apart by what they change, not by where.
// Empty if it is not in the store.
std::string kind_of(const std::string& path, const std::string& store) {
  struct stat stat {};
  if (path.starts_with(store) && ::stat(path.c_str(), &stat) == 0 &&
      S_ISDIR(stat.st_mode)) {
    return path == store + "/coldpress" ? "state directory" : "directory";
  }
  return path.starts_with(store + "/") ? file_kind(base_name(path)) : std::string();
}

bool changes_something(const Stopped& at, const WatchedCall& call) {
  constexpr auto k_changing = static_cast<std::uint64_t>(O_CREAT | O_TRUNC | O_TMPFILE) &
                              ~static_cast<std::uint64_t>(O_DIRECTORY);
  if (call.name == "openat") {
    return (at.argument(2) & k_changing) != 0;
  }
  if (call.name == "open") {
    return (at.argument(1) & k_changing) != 0;
  }
  if (call.name == "fcntl") {
    const auto command = static_cast<int>(at.argument(1));
    return command == F_SETLK || command == F_SETLKW || command == F_OFD_SETLK ||
           command == F_OFD_SETLKW || command == F_SETLEASE;
  }
  return true;
}

} // namespace

std::optional<CallSite> call_site(pid_t thread, const std::string& store) {
  __ptrace_syscall_info info{};
  if (::ptrace(PTRACE_GET_SYSCALL_INFO, thread, sizeof info, &info) <= 0 ||
      info.op != PTRACE_SYSCALL_INFO_SECCOMP) {
    return std::nullopt;
  }
  const WatchedCall* call = watched_call(static_cast<long>(info.seccomp.nr));
  const Stopped at(thread, info);
  if (call == nullptr || !changes_something(at, *call)) {
    return std::nullopt;
  }
  CallSite site{std::string(call->name), kind_of(at.object(call->fd, call->path), store)};
  if (site.what.empty()) {
    return std::nullopt;
  }
  if (call->from_path >= 0) {
    site.what = file_kind(base_name(at.text(call->from_path))) + " > " + site.what;
  }
  if (call->name == "fcntl") {
    site.call += static_cast<int>(at.argument(1)) == F_SETLEASE ? " lease" : " lock";
  }
  return site;
}

} // namespace coldpress
