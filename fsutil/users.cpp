#include "fsutil/users.hpp"

#include <pwd.h>

#include <cerrno>
#include <vector>

namespace coldpress {

Result<std::optional<UserEntry>> look_up_user(const std::string& name) {
  constexpr std::size_t k_most = std::size_t{1} << 20U;
  for (std::vector<char> buffer(4096);; buffer.resize(buffer.size() * 2)) {
    passwd entry{};
    passwd* found = nullptr;
    const int err =
        ::getpwnam_r(name.c_str(), &entry, buffer.data(), buffer.size(), &found);
    if (err == ERANGE && buffer.size() < k_most) {
      continue;
    }
    if (found != nullptr) {
      return std::optional(UserEntry{entry.pw_uid, entry.pw_dir});
    }
    // getpwnam(3): which of these it is when there is none depends on the system.
    if (err == 0 || err == ENOENT || err == ESRCH || err == EBADF || err == EPERM) {
      return std::optional<UserEntry>();
    }
    return Fail(Error::from_errno(err, "getpwnam_r", {}).in("user " + name));
  }
}

} // namespace coldpress
