#include "worker/serve/scheduler.hpp"

#include <algorithm>

namespace coldpress {

namespace {

using std::chrono::nanoseconds;

// After the start, so that one which dies at once and is started again does no harm.
constexpr std::chrono::seconds k_soon{5};
// What many machines have missed in one night is not begun by all of them at once.
constexpr std::chrono::minutes k_spread_after_start{5};
constexpr std::chrono::minutes k_first_retry{5};
constexpr std::chrono::hours k_longest_retry{6};
constexpr std::chrono::hours k_every_when_short{1};
// Between what is archived one by one.
constexpr std::chrono::minutes k_between_arrivals{10};

constexpr int k_busy = 75;

// Did what could be done: what failed of it is remembered for each rollout.
bool went_through(int exit_code) {
  constexpr int k_some_failed = 3;
  constexpr int k_needs_a_person = 4;
  return exit_code == 0 || exit_code == k_some_failed || exit_code == k_needs_a_person;
}

bool stopped(int exit_code) {
  constexpr int k_by_int = 130;
  constexpr int k_by_term = 143;
  return exit_code == k_by_int || exit_code == k_by_term;
}

// The finaliser of splitmix64: near seeds give far results.
std::uint64_t mixed(std::uint64_t value) {
  value += 0x9e3779b97f4a7c15U;
  value = (value ^ (value >> 30U)) * 0xbf58476d1ce4e5b9U;
  value = (value ^ (value >> 27U)) * 0x94d049bb133111ebU;
  return value ^ (value >> 31U);
}

// Of a length, as much as the seed says: 0 to all of it.
nanoseconds share(std::uint64_t seed, std::chrono::milliseconds length) {
  constexpr std::uint64_t k_steps = 1U << 20U;
  const auto part = static_cast<std::int64_t>(mixed(seed) % k_steps);
  return nanoseconds{length} / static_cast<std::int64_t>(k_steps) * part;
}

} // namespace

ScheduleRules schedule_rules(const Settings& settings) {
  return {settings.compression_enabled,
          settings.serve.every,
          settings.serve.jitter,
          settings.scan.settle,
          settings.pressure.min_free_bytes};
}

std::string_view phrase_of(PassCause cause) {
  switch (cause) {
  case PassCause::schedule:
    return "the interval is over";
  case PassCause::first:
    return "it is the first";
  case PassCause::missed:
    return "a pass was missed";
  case PassCause::retry:
    return "the last pass did not complete";
  case PassCause::archived:
    return "a cold rollout was archived";
  case PassCause::pressure:
    return "disk space is low";
  case PassCause::asked:
    break;
  }
  return "it was requested";
}

StoreSchedule::StoreSchedule(ScheduleRules rules, std::uint64_t seed)
    : rules_(rules), seed_(seed) {}

void StoreSchedule::start(BootTime now,
                          std::optional<nanoseconds> since_last,
                          int last_exit) {
  earliest_ = now + k_soon;
  if (!since_last) {
    return;
  }
  // A run that ended in the future says that the calendar was set back.
  last_end_ = now - std::max(*since_last, nanoseconds::zero());
  if (!went_through(last_exit)) {
    retries_ = 1;
    retry_at_ = earliest_;
  }
}

void StoreSchedule::set_rules(ScheduleRules rules) {
  rules_ = rules;
  if (!rules_.min_free_bytes) {
    short_of_space_ = false;
    short_since_.reset();
  }
}

void StoreSchedule::archived(BootTime now) {
  if (archived_at_) {
    return; // one pass takes both
  }
  const BootTime settled = now + rules_.settle + k_soon;
  archived_at_ =
      last_end_ ? std::max<BootTime>(settled, *last_end_ + k_between_arrivals) : settled;
}

SpaceNews StoreSchedule::free_space(BootTime now, std::uint64_t available) {
  if (!rules_.min_free_bytes) {
    return SpaceNews::none;
  }
  const std::uint64_t low = *rules_.min_free_bytes;
  if (!short_of_space_ && available < low) {
    short_of_space_ = true;
    short_since_ = now;
    return SpaceNews::short_now;
  }
  if (short_of_space_ && available >= low + low / 10) {
    short_of_space_ = false;
    short_since_.reset();
    return SpaceNews::enough_again;
  }
  return SpaceNews::none;
}

void StoreSchedule::ask(BootTime now) {
  asked_at_ = asked_at_.value_or(now);
}

void StoreSchedule::pass_began() {
  running_ = true;
  asked_at_.reset();
  archived_at_.reset(); // it will be seen; what comes from now on may not be
  short_since_.reset();
  cut_off_ = false;
}

void StoreSchedule::pass_ended(BootTime now, int exit_code) {
  running_ = false;
  if (went_through(exit_code)) {
    cut_off_ = false;
    retries_ = 0;
    last_end_ = now;
    return;
  }
  cut_off_ = cut_off_ && stopped(exit_code);
  nanoseconds wait = k_first_retry;
  for (unsigned i = 0; i < retries_ && wait < k_longest_retry; ++i) {
    wait *= 2;
  }
  // Whoever holds the store is soon done; what is broken stays so for a while.
  const nanoseconds longest = exit_code == k_busy ? k_every_when_short : k_longest_retry;
  retry_at_ = now + std::min({wait, longest, interval()});
  retries_ += 1;
  go_on_after_pause(now);
}

void StoreSchedule::set_paused(BootTime now, bool paused) {
  cut_off_ = cut_off_ || (paused && running_);
  paused_ = paused;
  go_on_after_pause(now);
}

void StoreSchedule::go_on_after_pause(BootTime now) {
  if (cut_off_ && !paused_ && !running_) {
    cut_off_ = false;
    retries_ = 1;
    retry_at_ = now;
  }
}

nanoseconds StoreSchedule::interval() const {
  const nanoseconds every = rules_.every;
  return short_of_space_ ? std::min<nanoseconds>(every, k_every_when_short) : every;
}

Due StoreSchedule::planned() const {
  if (retries_ > 0) {
    return {retry_at_, PassCause::retry};
  }
  if (!last_end_) {
    return {earliest_, PassCause::first};
  }
  if (short_since_) {
    return {std::max(*short_since_, earliest_), PassCause::pressure};
  }
  if (short_of_space_) {
    return {*last_end_ + interval(), PassCause::pressure};
  }
  const BootTime at = *last_end_ + interval() + share(seed_, rules_.jitter);
  if (at < earliest_) {
    const auto spread =
        std::min<std::chrono::milliseconds>(rules_.jitter, k_spread_after_start);
    return {earliest_ + share(seed_, spread), PassCause::missed};
  }
  return {at, PassCause::schedule};
}

std::optional<Due> StoreSchedule::due() const {
  if (!rules_.enabled || paused_ || running_) {
    return std::nullopt;
  }
  if (asked_at_) {
    return Due{*asked_at_, PassCause::asked};
  }
  const Due plan = planned();
  // A store that refuses passes does so for what was archived, too.
  if (archived_at_ && retries_ == 0 && *archived_at_ < plan.at) {
    return Due{*archived_at_, PassCause::archived};
  }
  return plan;
}

std::optional<std::size_t> whose_turn(const std::vector<const StoreSchedule*>& stores,
                                      BootTime now) {
  std::optional<std::size_t> chosen;
  std::optional<Due> longest;
  for (std::size_t i = 0; i < stores.size(); ++i) {
    if (stores[i]->running()) {
      return std::nullopt;
    }
    const auto due = stores[i]->due();
    if (!due || due->at > now) {
      continue;
    }
    const auto rank = [](const Due& one) {
      return std::pair(one.cause != PassCause::asked, one.at);
    };
    if (!longest || rank(*due) < rank(*longest)) {
      longest = due;
      chosen = i;
    }
  }
  return chosen;
}

std::chrono::milliseconds sleep_length(const std::vector<const StoreSchedule*>& stores,
                                       BootTime now) {
  nanoseconds length = k_longest_sleep;
  const bool under_way = std::any_of(
      stores.begin(), stores.end(), [](const auto* store) { return store->running(); });
  for (const StoreSchedule* store : stores) {
    const auto due = store->due();
    if (due && !under_way) { // else its end is the next thing to happen
      length = std::clamp(due->at - now, nanoseconds::zero(), length);
    }
  }
  return std::chrono::ceil<std::chrono::milliseconds>(length);
}

} // namespace coldpress
