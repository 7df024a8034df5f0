#pragma once

#include "worker/cli/command.hpp"
#include "worker/pass/pass_types.hpp"
#include "worker/pass/session.hpp"

#include <functional>

namespace coldpress {

// Runs `work` in a session on the opened store and shows it as it goes: a bar and a
// closing table for people, NDJSON with --json. The exit code.
int show_pass(const Context& context,
              const OpenedStore& opened,
              const std::function<PassSummary(Session&, const PassEvents&)>& work);

} // namespace coldpress
