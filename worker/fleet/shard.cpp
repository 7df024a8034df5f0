#include "worker/fleet/shard.hpp"

#include "fsutil/capped.hpp"
#include "fsutil/text.hpp"

#include <algorithm>
#include <charconv>
#include <queue>
#include <utility>

namespace coldpress {

namespace {

// What a store costs that holds nothing: starting a process, two directory walks. Without
// it all empty stores would go to one part.
constexpr std::uint64_t k_cost_of_a_store = std::uint64_t{1} << 20U;

using Environment = std::map<std::string, std::string>;

Fail wrong(std::string sentence) {
  return Fail(Error{Errc::invalid, 0, "choose shard", {}, {std::move(sentence)}});
}

std::optional<std::uint64_t> whole(std::string_view text) {
  std::uint64_t number = 0;
  const char* const end = text.data() + text.size();
  const auto read = std::from_chars(text.data(), end, number);
  return read.ec == std::errc() && read.ptr == end ? std::optional(number) : std::nullopt;
}

Result<std::optional<std::uint64_t>> variable_of(const Environment& environment,
                                                 const char* name) {
  const auto found = environment.find(name);
  if (found == environment.end() || found->second.empty()) {
    return std::optional<std::uint64_t>();
  }
  const auto number = whole(found->second);
  if (!number) {
    return wrong(fmt::format("${} is \"{}\", which is not a number from 0 on",
                             name,
                             printable(found->second)));
  }
  return number;
}

Result<std::optional<Shard>>
checked(std::uint64_t index, std::uint64_t count, std::string_view origin) {
  if (index >= count) {
    return wrong(
        fmt::format("{} is part {} of {}, and the first part is 0; give the part "
                    "with --shard",
                    origin,
                    index,
                    count));
  }
  return std::optional(Shard{index, count});
}

// Slurm numbers tasks as --array says: "1-8", "0-14:2".
Result<std::optional<Shard>> slurm_shard(std::uint64_t task,
                                         const Environment& environment) {
  TRY_ASSIGN(const auto count, variable_of(environment, "SLURM_ARRAY_TASK_COUNT"));
  TRY_ASSIGN(const auto first, variable_of(environment, "SLURM_ARRAY_TASK_MIN"));
  TRY_ASSIGN(const auto step, variable_of(environment, "SLURM_ARRAY_TASK_STEP"));
  if (!count || !first) {
    return wrong("SLURM_ARRAY_TASK_ID is set, but not SLURM_ARRAY_TASK_COUNT and "
                 "SLURM_ARRAY_TASK_MIN; give the number of parts with --shard-count");
  }
  const std::uint64_t stride = std::max<std::uint64_t>(step.value_or(1), 1);
  if (task < *first || (task - *first) % stride != 0) {
    return wrong(fmt::format("$SLURM_ARRAY_TASK_ID is {}, which does not follow from the "
                             "first task {} in steps of {}; give the part with --shard",
                             task,
                             *first,
                             stride));
  }
  return checked((task - *first) / stride, *count, "the Slurm array task");
}

} // namespace

Result<Shard> parse_shard(std::string_view text) {
  const std::size_t slash = text.find('/');
  const auto index = whole(text.substr(0, slash));
  const auto count = slash == std::string_view::npos
                         ? std::nullopt
                         : whole(text.substr(std::min(slash + 1, text.size())));
  if (!index || !count || *index >= *count) {
    return wrong(fmt::format("--shard {}: write I/N, with I from 0 to N-1, such as 0/8",
                             printable(text)));
  }
  return Shard{*index, *count};
}

Result<std::optional<Shard>> choose_shard(const std::string& written,
                                          std::optional<std::uint64_t> count,
                                          const Environment& environment) {
  if (!written.empty()) {
    TRY_ASSIGN(const Shard shard, parse_shard(written));
    return std::optional(shard);
  }
  TRY_ASSIGN(const auto pod, variable_of(environment, "JOB_COMPLETION_INDEX"));
  TRY_ASSIGN(const auto task, variable_of(environment, "SLURM_ARRAY_TASK_ID"));
  if (pod && task) {
    return wrong(
        "both JOB_COMPLETION_INDEX and SLURM_ARRAY_TASK_ID are set; give the part "
        "with --shard");
  }
  if (!pod && !task) {
    return count ? Result<std::optional<Shard>>(wrong(
                       "--shard-count needs the index of this part: "
                       "JOB_COMPLETION_INDEX or SLURM_ARRAY_TASK_ID, or --shard I/N"))
                 : std::optional<Shard>();
  }
  if (count) {
    return checked(pod ? *pod : *task,
                   *count,
                   pod ? "$JOB_COMPLETION_INDEX" : "$SLURM_ARRAY_TASK_ID");
  }
  if (pod) {
    return wrong(
        "JOB_COMPLETION_INDEX is set, which does not say how many parts there "
        "are; give the completions of the job with --shard-count, or --shard 0/1 "
        "for all stores");
  }
  return slurm_shard(*task, environment);
}

std::vector<ListedStore> part_of(const std::vector<ListedStore>& list,
                                 const Shard& shard) {
  std::uint64_t sum = 0;
  std::uint64_t sized = 0;
  for (const ListedStore& store : list) {
    add_capped(sum, store.bytes.value_or(0));
    sized += store.bytes ? 1 : 0;
  }
  const std::uint64_t mean = sized > 0 ? sum / sized : 0;
  const auto cost = [&](const ListedStore& store) {
    return capped_sum(store.bytes.value_or(mean), k_cost_of_a_store);
  };
  std::vector<const ListedStore*> order;
  for (const ListedStore& store : list) {
    order.push_back(&store);
  }
  std::sort(order.begin(), order.end(), [&](const ListedStore* a, const ListedStore* b) {
    return cost(*a) != cost(*b) ? cost(*a) > cost(*b) : a->path < b->path;
  });
  // The part with the least so far, of equal ones the first. More parts than stores are
  // not looked at: they have none.
  using Load = std::pair<std::uint64_t, std::uint64_t>; // cost, index
  std::priority_queue<Load, std::vector<Load>, std::greater<>> parts;
  const std::uint64_t used = std::min<std::uint64_t>(shard.count, list.size());
  for (std::uint64_t index = 0; index < used; ++index) {
    parts.emplace(0, index);
  }
  std::vector<ListedStore> mine;
  for (const ListedStore* store : order) {
    Load least = parts.top();
    parts.pop();
    if (least.second == shard.index) {
      mine.push_back(*store);
    }
    add_capped(least.first, cost(*store));
    parts.push(least);
  }
  return mine;
}

} // namespace coldpress
