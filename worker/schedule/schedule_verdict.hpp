#pragma once

#include "worker/schedule/schedule_types.hpp"

namespace coldpress {

enum class LookedAfter : std::uint8_t { yes, no, unknown };
std::string_view name_of(LookedAfter answer);

// Whether the store of a timer will be looked after when its time comes, as far as can be
// told now. What is not known is never a yes.
struct ScheduleVerdict {
  LookedAfter answer = LookedAfter::yes;
  std::vector<std::string> why;   // it is not, or may not be; each with what to do
  std::vector<std::string> notes; // it is, but
};

// Pure.
ScheduleVerdict verdict_of(const ScheduleStatus& status, WallTime now);

} // namespace coldpress
