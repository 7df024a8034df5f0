#pragma once

#include "worker/stage/place.hpp"
#include "worker/stage/tokens.hpp"

#include <deque>
#include <memory>
#include <optional>

namespace coldpress {

// A retired plain file that waits for its grace: of this run, or found by it.
struct PendingReap {
  std::unique_ptr<Published> published; // null: found by this run, see `forms`
  RolloutForms forms;
  std::uint64_t bytes = 0;
  BootTime due{};
};

// Which retired file is due when. A pure state machine: it neither waits nor looks at a
// clock.
class ReapQueue {
public:
  void add(PendingReap pending);
  // Earliest first; empty if nothing is due by then.
  std::optional<PendingReap> take_due(BootTime now);
  std::optional<BootTime> next_due() const;
  std::optional<BootTime> last_due() const;

  std::size_t files() const { return pending_.size(); }
  std::uint64_t bytes() const;

private:
  // Latest due first. What was published last has come last as a rule.
  std::deque<PendingReap> pending_;
};

} // namespace coldpress
