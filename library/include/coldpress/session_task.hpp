// The task of a session: a value that a program makes once for a thread, and finds again
// when the thread is resumed. C++17 and later, without any code in the library.
#ifndef COLDPRESS_SESSION_TASK_HPP
#define COLDPRESS_SESSION_TASK_HPP

#include "coldpress.hpp"

#include <functional>
#include <future>
#include <optional>
#include <string>
#include <system_error>
#include <utility>

namespace coldpress {

// Whose rollout it is: a fork may begin with a copy of its parent's records, but the task
// in them is the parent's. `forked` the first time that a fork is opened, `own` later.
enum class TaskOrigin { own, forked };

// A value that is expensive to make (a server hands it out, say), for one thread. It is
// kept in the thread's rollout as a `session_state` record.
//
// What was recorded is read and judged when this object is made, before anything else. A
// value that is refused is cleared, once, and a new one is made in its place.
// prewarm() makes one in the background: it neither waits nor fails. value() waits for
// that attempt, and makes the value itself if there was none or it failed; if it fails,
// too, the next call tries again. What happens to one thread's task touches no other's.
//
// One thread at a time, but `make` is called on a thread of its own by prewarm(), never
// twice at once. The end of an object's life waits for an attempt under way.
class SessionTask {
public:
  // JSON text of one object, on one line. Throws if there is none now.
  using Make = std::function<std::string()>;
  // Whether a value that was recorded is still good.
  using Accept = std::function<bool(const std::string& value)>;

  // Reads the rollout of `thread`, from its end, in either form; a thread that has none
  // yet has no task. Throws Failure if it cannot be read, and what `accept` throws.
  SessionTask(Store& store,
              const std::string& thread,
              Make make,
              const Accept& accept = {},
              TaskOrigin origin = TaskOrigin::own)
      : make_(std::move(make)) {
    std::optional<std::string> found = recorded(store, thread);
    if (!found) {
      return;
    }
    if (origin == TaskOrigin::own && (!accept || accept(*found))) {
      value_ = std::move(found);
    } else {
      clear_ = true;
    }
  }

  // The value that is known now, if any; never waits.
  const std::optional<std::string>& known() const { return value_; }

  void prewarm() noexcept {
    if (value_ || under_way_.valid()) {
      return;
    }
    try {
      under_way_ = std::async(std::launch::async, make_);
    } catch (...) { // no thread to be had: value() makes it
    }
  }

  // The value, with the record of one that is new queued in `writer`, which the caller
  // flushes before it closes it: it is queued once. Throws what `make` throws; then
  // nothing but the clearing of a refused value is queued.
  const std::string& value(Writer& writer) {
    settle(writer);
    if (!value_) {
      std::string made = take();
      writer.append_session_state(made);
      value_ = std::move(made);
    }
    return *value_;
  }

  // Queues that a refused value is cleared, if it was not yet: for who ends without ever
  // having asked for a new one.
  void settle(Writer& writer) {
    if (clear_) {
      writer.append_session_state(std::nullopt);
      clear_ = false;
    }
  }

private:
  static std::optional<std::string> recorded(Store& store, const std::string& thread) {
    try {
      return store.session_state(thread).value;
    } catch (const Failure& failure) {
      if (failure.kind() == COLDPRESS_NOT_FOUND ||
          failure.kind() == COLDPRESS_NOT_SAVED) {
        return std::nullopt;
      }
      throw;
    }
  }

  std::string take() {
    if (under_way_.valid()) {
      try {
        return under_way_.get();
      } catch (...) { // it was nobody's to see; the one who asks now sees the next
      }
    }
    return make_();
  }

  Make make_;
  std::optional<std::string> value_;
  bool clear_ = false; // what the rollout has is not this thread's, or no longer good
  std::future<std::string> under_way_;
};

} // namespace coldpress

#endif
