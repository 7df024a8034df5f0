#pragma once

#include "worker/fleet/store_list.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace coldpress {

// One of `count` parts of a list; the first has index 0.
struct Shard {
  std::uint64_t index = 0;
  std::uint64_t count = 1;
};

// "3/8": 0 <= 3 < 8. Errc::invalid with a sentence otherwise.
Result<Shard> parse_shard(std::string_view text);

// What the command line says (`written`, as above; `count`; either may be empty), else
// what the engine that started us says: Slurm's array task, or the index of a Kubernetes
// Indexed Job, which needs `count`. Nothing if neither says anything: all stores.
// Errc::invalid if the number of parts is not known, or the parts do not fit.
Result<std::optional<Shard>>
choose_shard(const std::string& written,
             std::optional<std::uint64_t> count,
             const std::map<std::string, std::string>& environment);

// The stores of that part. It depends on nothing but the list and the shard, and all
// parts together have each store once. The largest goes first, to the part with the least
// so far: no part has more than an equal share and the largest store. A store without a
// size counts as the mean of those that have one.
std::vector<ListedStore> part_of(const std::vector<ListedStore>& list,
                                 const Shard& shard);

} // namespace coldpress
