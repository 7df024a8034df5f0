#include "worker/preflight/way_out.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <optional>

namespace coldpress::preflight {

namespace {

// What stands in the way: the file itself, or the nearest directory above it that can be
// looked at, if one above may not be searched.
struct Barrier {
  std::string path;
  FileStat stat;
};

std::optional<Barrier> barrier_of(Fs& fs, std::string path) {
  while (!path.empty()) {
    if (const auto stat = fs.lstat(path)) {
      return Barrier{path, *stat};
    }
    std::string above = parent_dir(path);
    if (above == path || above == ".") {
      break;
    }
    path = std::move(above);
  }
  return std::nullopt;
}

std::string for_denied(Fs& fs, const Error& error, std::uint32_t uid) {
  const auto barrier = barrier_of(fs, error.path);
  if (!barrier) {
    return "make it readable and writable for the user who runs coldpress";
  }
  if (barrier->stat.uid != uid) {
    return fmt::format(
        "it belongs to user {}, perhaps because Codex or coldpress was run "
        "with sudo; give it back: sudo chown {} '{}'",
        barrier->stat.uid,
        uid,
        barrier->path);
  }
  const bool is_dir = barrier->stat.type == FileType::directory;
  return fmt::format("chmod {} '{}'", is_dir ? "u+rwx" : "u+rw", barrier->path);
}

} // namespace

std::string way_out(Fs& fs, const Error& error, std::uint32_t uid) {
  switch (error.sys) {
  case EROFS:
    return "its file system is mounted read-only; mount it for writing";
  case EPERM:
    return "refused despite permissions; lsattr shows whether it is immutable";
  case ELOOP:
    return "a symlink has that name and is not followed; put a file or directory there";
  default:
    break;
  }
  switch (error.code) {
  case Errc::denied:
    return for_denied(fs, error, uid);
  case Errc::no_space:
    return "free disk space, or raise the quota";
  case Errc::invalid:
  case Errc::not_found: // a file where a directory should be
    return "another kind of file has that name; move it away, and coldpress recreates it";
  default:
    return "check the disk and the file system";
  }
}

} // namespace coldpress::preflight
