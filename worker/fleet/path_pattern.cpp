#include "worker/fleet/path_pattern.hpp"

#include <fnmatch.h>

#include <algorithm>
#include <cerrno>

namespace coldpress {

namespace {

std::vector<std::string> components_of(const std::string& path) {
  std::vector<std::string> parts;
  for (std::size_t at = 0; at < path.size();) {
    const std::size_t end = std::min(path.find('/', at), path.size());
    if (end > at) {
      parts.push_back(path.substr(at, end - at));
    }
    at = end + 1;
  }
  return parts;
}

bool is_no_directory(const Error& error) {
  return error.code == Errc::not_found || error.sys == ENOTDIR || error.sys == ELOOP;
}

using Names = Result<std::vector<std::string>>;

// None if it is no directory.
Names none_or(const Error& error) {
  return is_no_directory(error) ? Names(std::vector<std::string>()) : Names(Fail(error));
}

// The names in `dir` that match.
Names matching(Fs& fs, const std::string& dir, const std::string& pattern) {
  std::vector<std::string> names;
  // Symlinks on the way are followed, as by a shell.
  const auto real = fs.real_path(dir);
  if (!real) {
    return none_or(real.error());
  }
  const auto entries = fs.list_dir(*real);
  if (!entries) {
    return none_or(entries.error());
  }
  for (const DirEntry& entry : *entries) {
    if (::fnmatch(pattern.c_str(), entry.name.c_str(), FNM_PERIOD) == 0) {
      names.push_back(join_path(dir, entry.name));
    }
  }
  return names;
}

} // namespace

bool is_pattern(const std::string& path) {
  return path.find_first_of("*?[") != std::string::npos;
}

Result<std::vector<std::string>> expand_pattern(Fs& fs, const std::string& pattern) {
  std::vector<std::string> found{"/"};
  for (const std::string& part : components_of(pattern)) {
    std::vector<std::string> next;
    for (const std::string& dir : found) {
      if (is_pattern(part)) {
        TRY_ASSIGN(std::vector<std::string> names, matching(fs, dir, part));
        next.insert(next.end(), names.begin(), names.end());
        continue;
      }
      std::string path = join_path(dir, part);
      const auto there = fs.real_path(path);
      if (there || !is_no_directory(there.error())) {
        next.push_back(std::move(path));
      }
    }
    found = std::move(next);
  }
  std::sort(found.begin(), found.end());
  return found;
}

} // namespace coldpress
