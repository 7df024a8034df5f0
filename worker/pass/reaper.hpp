#pragma once

#include "worker/pass/prepare.hpp"
#include "worker/pass/reap_queue.hpp"
#include "worker/pass/session.hpp"

#include <functional>

namespace coldpress {

// Frees retired plain files when their grace is over: those this run has published, and
// those an earlier one has left. Lives on the loop thread; the acts themselves run on
// the publisher. Must outlive what it has posted: busy() is false then.
class Reaper {
public:
  struct Events {
    std::function<void(const Outcome&)> outcome; // for each act that did something
    std::function<void()> changed;               // an act has ended, or one is due
  };

  Reaper(Session& session, Events events)
      : session_(session), events_(std::move(events)) {}

  // How much of the store the last scan has seen; before the first start_due().
  void set_seen(Seen seen) { seen_ = seen; }

  void add(Published published);
  // What recover() said is waiting, and for how long.
  void add(RolloutForms forms, std::uint64_t bytes, std::chrono::nanoseconds wait);

  // Posts the acts that are due by now, and calls `changed` when the next one is.
  void start_due();

  bool busy() const { return under_way_ > 0; }
  std::optional<BootTime> next_due() const { return queue_.next_due(); }
  std::optional<BootTime> last_due() const { return queue_.last_due(); }
  // What waits for its grace, and what this run has given up because a process is at
  // work on it.
  std::uint64_t files_left() const { return queue_.files() + left_files_; }
  std::uint64_t bytes_left() const { return queue_.bytes() + left_bytes_; }

private:
  struct Act {
    std::optional<Outcome> outcome;
    std::optional<std::chrono::nanoseconds> again; // try once more after that
    bool stands = false;                           // the retired file, after it
  };

  void put(PendingReap pending, std::chrono::nanoseconds wait);
  void wake_at(BootTime due);
  void on_ended(PendingReap pending, const Act& act);
  // On the publisher thread.
  Act perform(PendingReap& pending);
  Act reap_published(PendingReap& pending);
  Act recover_from(PendingReap& pending);
  static RolloutForms forms_of(const Published& published);

  Session& session_;
  Events events_;
  Seen seen_ = Seen::all;
  ReapQueue queue_;
  std::uint64_t under_way_ = 0;
  std::uint64_t left_files_ = 0;
  std::uint64_t left_bytes_ = 0;
  std::optional<BootTime> wake_at_; // when a timer will call `changed`
};

} // namespace coldpress
