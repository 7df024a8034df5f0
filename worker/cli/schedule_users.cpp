#include "worker/cli/schedule_users.hpp"

#include "fsutil/text.hpp"
#include "fsutil/users.hpp"

namespace coldpress {

namespace {

Fail refused(std::string sentence) {
  return Fail(Error{Errc::invalid, 0, "schedule", "", {std::move(sentence)}});
}

} // namespace

Result<void> check_user_name(const std::string& name) {
  constexpr std::string_view letters =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-";
  if (name.empty() || name.front() == '-' ||
      name.find_first_not_of(letters) != std::string::npos) {
    return refused(printable(name) + " is not a user name that systemd accepts");
  }
  return {};
}

Result<ScheduleUser> find_user(const std::string& name) {
  TRY_ASSIGN(auto entry, look_up_user(name));
  if (!entry) {
    return refused("there is no user " + name);
  }
  if (!entry->home.starts_with("/")) {
    return refused("user " + name + " has no home directory");
  }
  ScheduleUser user;
  user.name = name;
  user.uid = entry->uid;
  user.home = std::move(entry->home);
  return user;
}

} // namespace coldpress
