#include "config/memory_bound.hpp"

#include <algorithm>

namespace coldpress {

std::uint64_t bounded_memory(std::uint64_t setting,
                             const std::optional<GroupMemory>& group) {
  if (!group) {
    return setting;
  }
  return std::min(setting, group->left - std::min(group->left, k_memory_besides));
}

} // namespace coldpress
