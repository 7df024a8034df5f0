#include "fsutil/error.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <cstring>
#include <utility>

namespace coldpress {

namespace {

Errc code_of(int err) {
  switch (err) {
  case ENOENT:
  case ENOTDIR:
    return Errc::not_found;
  case EEXIST:
  case ENOTEMPTY:
    return Errc::exists;
  case EAGAIN:
  case EBUSY:
  case ETXTBSY:
    return Errc::busy;
  case ENOSPC:
  case EDQUOT:
  case EFBIG:
    return Errc::no_space;
  case EACCES:
  case EPERM:
  case EROFS:
    return Errc::denied;
  case EINVAL:
  case ENOSYS:
  case EOPNOTSUPP:
  case EXDEV:
    return Errc::unsupported;
  case ENAMETOOLONG:
  case ELOOP:
  case EISDIR:
  case EOVERFLOW:
    return Errc::invalid;
  default:
    return Errc::io;
  }
}

} // namespace

Error Error::from_errno(int err, std::string_view op, std::string path) {
  return Error{code_of(err), err, op, std::move(path), {}};
}

Error&& Error::in(std::string what) && {
  context.push_back(std::move(what));
  return std::move(*this);
}

Error&& Error::at(const std::string& file) && {
  if (path.empty()) {
    path = file;
  }
  return std::move(*this);
}

std::string_view name_of(Errc code) {
  switch (code) {
  case Errc::not_found:
    return "not_found";
  case Errc::not_saved:
    return "not_saved";
  case Errc::exists:
    return "exists";
  case Errc::busy:
    return "busy";
  case Errc::changed:
    return "changed";
  case Errc::lost_lock:
    return "lost_lock";
  case Errc::no_space:
    return "no_space";
  case Errc::denied:
    return "denied";
  case Errc::io:
    return "io";
  case Errc::corrupt:
    return "corrupt";
  case Errc::invalid:
    return "invalid";
  case Errc::unsupported:
    return "unsupported";
  case Errc::canceled:
    return "canceled";
  }
  return "unknown";
}

std::string errno_name(int err) {
  if (err == 0) {
    return {};
  }
  const char* name = strerrorname_np(err);
  return name != nullptr ? std::string(name) : fmt::format("errno {}", err);
}

std::string describe(const Error& error) {
  std::string line(error.op);
  if (!error.path.empty()) {
    line += line.empty() ? error.path : " " + error.path;
  }
  std::vector<std::string> parts;
  if (error.sys != 0) {
    parts.push_back(
        fmt::format("{} ({})", std::strerror(error.sys), errno_name(error.sys)));
  } else if (error.context.empty()) {
    parts.emplace_back(name_of(error.code)); // all that is known
  }
  parts.insert(parts.end(), error.context.begin(), error.context.end());
  return fmt::format("{}{}{}", line, line.empty() ? "" : ": ", fmt::join(parts, "; "));
}

} // namespace coldpress
