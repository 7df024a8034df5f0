#include "worker/preview/job_size.hpp"

#include <algorithm>

namespace coldpress {

FrameRules frame_rules(const Settings& settings) {
  return {settings.codec, settings.limits.memory_bytes};
}

std::uint64_t work_bytes(const Candidate& candidate) {
  return candidate.declared.value_or(candidate.stamp.size);
}

std::uint64_t job_memory_bytes(const Settings& settings, const Candidate& candidate) {
  if (candidate.form == Form::plain) {
    return most_memory_bytes(frame_rules(settings), candidate.stamp.size);
  }
  // One that does not say its length may be of any; and its own decoder has a window,
  // too.
  constexpr std::uint64_t k_widest = std::uint64_t{1} << k_max_window_log;
  const std::uint64_t size = candidate.declared.value_or(k_widest);
  return most_memory_bytes(frame_rules(settings), size) + std::min(size, k_widest);
}

} // namespace coldpress
