#include "worker/cli/schedule_users.hpp"

#include "fsutil/text.hpp"

#include <charconv>

namespace coldpress {

namespace {

Fail refused(std::string sentence) {
  return Fail(Error{Errc::invalid, 0, "schedule", "", {std::move(sentence)}});
}

// "alice:x:1000:1000:Alice:/home/alice:/bin/sh"
Result<ScheduleUser> parse_passwd(const std::string& name, std::string_view line) {
  std::vector<std::string> fields;
  for (std::size_t at = 0; at != std::string_view::npos && fields.size() < 7;) {
    const std::size_t end = line.find(':', at);
    fields.emplace_back(line.substr(at, end == std::string_view::npos ? end : end - at));
    at = end == std::string_view::npos ? end : end + 1;
  }
  ScheduleUser user;
  user.name = name;
  if (fields.size() < 7 || fields[0] != name || !fields[5].starts_with("/") ||
      std::from_chars(fields[2].data(), fields[2].data() + fields[2].size(), user.uid)
              .ec != std::errc()) {
    return refused("the output of getent for user " + name + " cannot be understood");
  }
  user.home = fields[5];
  return user;
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

Result<ScheduleUser> find_user(const std::string& name, const RunProgram& run) {
  TRY_ASSIGN(const SubprocessEnd end, run(SubprocessCall{{"getent", "passwd", name}}));
  if (end.code != 0) {
    return refused("there is no user " + name);
  }
  return parse_passwd(name, end.out.substr(0, end.out.find('\n')));
}

} // namespace coldpress
