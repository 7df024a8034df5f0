#pragma once

#include "config/settings.hpp"
#include "fsutil/clock.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace coldpress {

// When `serve` makes a pass, decided by what it is told and by nothing else: no clock, no
// disk, no thread. All times are BootTime: they go on through a suspend and know nothing
// of the calendar, so that setting the clock neither makes nor drops a pass.

// The part of the settings that the schedule needs.
struct ScheduleRules {
  bool enabled = false; // the feature
  std::chrono::milliseconds every{};
  std::chrono::milliseconds jitter{};
  std::chrono::milliseconds settle{}; // what was archived just now is left so long
  std::optional<std::uint64_t> min_free_bytes;
};
ScheduleRules schedule_rules(const Settings& settings);

// Why a pass begins, or is to begin.
enum class PassCause : std::uint8_t {
  schedule, // the interval is over
  first,    // none is known of
  missed,   // it was over before the start
  retry,    // the last one was refused, failed or stopped
  archived, // something came that is cold already
  pressure, // the disk is filling
  asked,    // by a person
};
// "the interval is over"
std::string_view phrase_of(PassCause cause);

struct Due {
  BootTime at{};
  PassCause cause = PassCause::schedule;
};

enum class SpaceNews : std::uint8_t { none, short_now, enough_again };

// One store's. The calls are events, in the order in which they happened.
class StoreSchedule {
public:
  // `seed` picks the store's share of the jitter: the same one gives the same.
  StoreSchedule(ScheduleRules rules, std::uint64_t seed);

  // The first event. `since_last`: how long ago the last pass ended, if any is known of;
  // `last_exit`: what it ended with.
  void
  start(BootTime now, std::optional<std::chrono::nanoseconds> since_last, int last_exit);
  void set_rules(ScheduleRules rules);
  // Something appeared in the tree that is cold by its mtime.
  void archived(BootTime now);
  SpaceNews free_space(BootTime now, std::uint64_t available);
  void ask(BootTime now);
  void pass_began();
  // With the exit code of `run`.
  void pass_ended(BootTime now, int exit_code);
  // May be told again and again.
  void set_paused(BootTime now, bool paused);

  const ScheduleRules& rules() const { return rules_; }
  bool running() const { return running_; }
  bool paused() const { return paused_; }
  bool compressed_for_space() const { return short_of_space_; }
  // When the next pass is to begin; may have passed. Empty: off, paused or running.
  std::optional<Due> due() const;

private:
  std::chrono::nanoseconds interval() const;
  Due planned() const;
  void go_on_after_pause(BootTime now);

  ScheduleRules rules_;
  std::uint64_t seed_;
  BootTime earliest_{};              // after the start, for what was missed
  std::optional<BootTime> last_end_; // of a pass that did what it could
  unsigned retries_ = 0;             // since then
  BootTime retry_at_{};
  std::optional<BootTime> archived_at_; // when it will have settled
  std::optional<BootTime> asked_at_;
  std::optional<BootTime> short_since_;
  bool cut_off_ = false; // a pause has stopped the pass under way, or the last one
  bool short_of_space_ = false;
  bool running_ = false;
  bool paused_ = false;
};

// Whose turn it is: one pass at a time over all stores, first the one that was requested,
// then the one that has waited longest. Empty: none, or a pass is running.
std::optional<std::size_t> whose_turn(const std::vector<const StoreSchedule*>& stores,
                                      BootTime now);

// How long nothing needs to be done, at most k_longest_sleep: a timer does not count
// through a suspend.
inline constexpr std::chrono::minutes k_longest_sleep{5};
std::chrono::milliseconds sleep_length(const std::vector<const StoreSchedule*>& stores,
                                       BootTime now);

} // namespace coldpress
