#pragma once

#include "fsutil/result.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace coldpress {

struct UserEntry {
  std::uint32_t uid = 0;
  std::string home;
};

// By the user's name, from whatever knows users here (getpwnam_r). Empty: there is none.
Result<std::optional<UserEntry>> look_up_user(const std::string& name);

} // namespace coldpress
