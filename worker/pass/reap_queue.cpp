#include "worker/pass/reap_queue.hpp"

#include <algorithm>
#include <numeric>

namespace coldpress {

void ReapQueue::add(PendingReap pending) {
  const auto place =
      std::find_if(pending_.begin(), pending_.end(), [&](const PendingReap& other) {
        return other.due <= pending.due;
      });
  pending_.insert(place, std::move(pending));
}

std::optional<PendingReap> ReapQueue::take_due(BootTime now) {
  if (pending_.empty() || pending_.back().due > now) {
    return std::nullopt;
  }
  PendingReap pending = std::move(pending_.back());
  pending_.pop_back();
  return pending;
}

std::optional<BootTime> ReapQueue::next_due() const {
  return pending_.empty() ? std::nullopt : std::optional(pending_.back().due);
}

std::optional<BootTime> ReapQueue::last_due() const {
  return pending_.empty() ? std::nullopt : std::optional(pending_.front().due);
}

std::uint64_t ReapQueue::bytes() const {
  return std::accumulate(
      pending_.begin(),
      pending_.end(),
      std::uint64_t{0},
      [](std::uint64_t sum, const PendingReap& pending) { return sum + pending.bytes; });
}

} // namespace coldpress
