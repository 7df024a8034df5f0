#pragma once

#include "worker/loop/task.hpp"

#include <chrono>
#include <exception>
#include <functional>
#include <memory>

struct uv_loop_s;

namespace coldpress {

// The libuv loop: timers, signals, and a queue into which other threads put their
// results. Everything it calls runs on the thread that called run(), and none of it may
// wait for a disk. Not copyable, not movable: libuv keeps its address.
class Loop {
public:
  Loop();
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;
  ~Loop();

  // Calls `task` on the loop. From any thread; the only method that is.
  void post(Task task);

  // Once, not before `delay` has passed.
  void after(std::chrono::milliseconds delay, Task task);
  // Again and again until the loop ends.
  void every(std::chrono::milliseconds interval, std::function<void()> call);
  // Once, not before `delay` has passed, in place of what was set here before.
  void set_alarm(std::chrono::milliseconds delay, std::function<void()> call);
  // In place of the signal's default action, until this object dies.
  void on_signal(int signal, std::function<void()> call);

  // For handles of another kind. The caller closes each, while this object lives.
  uv_loop_s* handle();

  // Returns after stop(); what was posted before it has been called by then. What
  // anything called here throws ends it, and leaves run().
  void run();
  void stop();

private:
  struct State;
  static State& state_of(uv_loop_s* loop);
  std::unique_ptr<State> state_;
};

// For a pool's tasks: what one throws ends the loop's run(), which throws it.
std::function<void(std::exception_ptr)> rethrow_on(Loop& loop);

} // namespace coldpress
