#include "worker/stage/decision.hpp"

#include "fsutil/text.hpp"

#include <fmt/format.h>

namespace coldpress {

std::string_view name_of(Action action) {
  return action == Action::compress ? "compress" : "skip";
}

std::string way_on(const Refusal& refusal) {
  const WallTime until = counts_until(refusal.seen);
  // The whole of that day, too.
  const auto end = std::chrono::ceil<std::chrono::days>(until);
  return fmt::format(
      "Upgrade every Codex that uses this store, then wait until {}. If no "
      "machine has that release any more, say so: "
      "compat.gone = [\"{} until {}\"]",
      format_time(until),
      to_string(refusal.seen.version),
      format_time(end).substr(0, 10));
}

} // namespace coldpress
