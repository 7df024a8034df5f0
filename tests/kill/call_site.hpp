#pragma once

#include "tests/kill/tracer.hpp"

namespace coldpress {

// The watched call that a traced thread stands before, if it changes something in
// `store`: opening for nothing but reading does not.
std::optional<CallSite> call_site(pid_t thread, const std::string& store);

} // namespace coldpress
