#include "worker/loop/loop.hpp"

#include <uv.h>

#include <deque>
#include <exception>
#include <mutex>
#include <stdexcept>
#include <string>
#include <utility>

namespace coldpress {

namespace {

// Every handle owns what it calls, and is freed by libuv's close callback.
struct Timer {
  uv_timer_t handle{};
  Task once;
  std::function<void()> repeated;
};

struct Signal {
  uv_signal_t handle{};
  std::function<void()> call;
};

void require(int result, const char* what) {
  if (result < 0) {
    throw std::runtime_error(std::string(what) + ": " + uv_strerror(result));
  }
}

void free_timer(uv_handle_t* handle) {
  delete static_cast<Timer*>(handle->data);
}
void free_signal(uv_handle_t* handle) {
  delete static_cast<Signal*>(handle->data);
}

uv_handle_t* as_handle(uv_timer_t* timer) {
  return reinterpret_cast<uv_handle_t*>(timer);
}

// libuv counts in whole milliseconds from a "now" that it has cut down to one.
std::uint64_t ticks(std::chrono::milliseconds delay) {
  return static_cast<std::uint64_t>(std::max<std::int64_t>(delay.count(), 0)) + 1;
}

void close_any(uv_handle_t* handle, void*) {
  if (uv_is_closing(handle) != 0) {
    return;
  }
  switch (handle->type) {
  case UV_TIMER:
    uv_close(handle, free_timer);
    break;
  case UV_SIGNAL:
    uv_close(handle, free_signal);
    break;
  default:
    uv_close(handle, nullptr);
    break;
  }
}

} // namespace

struct Loop::State {
  uv_loop_t loop{};
  uv_async_t wake{};
  Timer* alarm = nullptr; // made when it is first set
  std::mutex mutex;
  std::deque<Task> posted;
  std::exception_ptr thrown; // no exception passes through libuv's frames

  template <class Call> void guarded(Call&& call) {
    try {
      call();
    } catch (...) {
      thrown = thrown ? thrown : std::current_exception();
      uv_stop(&loop);
    }
  }

  void drain() {
    std::deque<Task> ready;
    {
      const std::lock_guard lock(mutex);
      ready.swap(posted);
    }
    for (Task& task : ready) {
      guarded([&task] { task(); });
    }
  }
};

Loop::State& Loop::state_of(uv_loop_s* loop) {
  return *static_cast<State*>(loop->data);
}

Loop::Loop() : state_(std::make_unique<State>()) {
  require(uv_loop_init(&state_->loop), "uv_loop_init");
  require(
      uv_async_init(&state_->loop,
                    &state_->wake,
                    [](uv_async_t* wake) { static_cast<State*>(wake->data)->drain(); }),
      "uv_async_init");
  state_->wake.data = state_.get();
  state_->loop.data = state_.get();
}

Loop::~Loop() {
  uv_walk(&state_->loop, close_any, nullptr);
  uv_run(&state_->loop, UV_RUN_DEFAULT); // runs the close callbacks only
  uv_loop_close(&state_->loop);
}

void Loop::post(Task task) {
  {
    const std::lock_guard lock(state_->mutex);
    state_->posted.push_back(std::move(task));
  }
  uv_async_send(&state_->wake);
}

void Loop::after(std::chrono::milliseconds delay, Task task) {
  auto timer = std::make_unique<Timer>();
  timer->once = std::move(task);
  require(uv_timer_init(&state_->loop, &timer->handle), "uv_timer_init");
  Timer* owned = timer.release();
  owned->handle.data = owned;
  uv_update_time(&state_->loop);
  uv_timer_start(
      &owned->handle,
      [](uv_timer_t* handle) {
        Task once = std::move(static_cast<Timer*>(handle->data)->once);
        uv_close(as_handle(handle), free_timer);
        state_of(handle->loop).guarded(once);
      },
      ticks(delay),
      0);
}

void Loop::set_alarm(std::chrono::milliseconds delay, std::function<void()> call) {
  if (state_->alarm == nullptr) {
    auto timer = std::make_unique<Timer>();
    require(uv_timer_init(&state_->loop, &timer->handle), "uv_timer_init");
    timer->handle.data = timer.get();
    state_->alarm = timer.release();
  }
  state_->alarm->repeated = std::move(call);
  uv_update_time(&state_->loop);
  uv_timer_start(
      &state_->alarm->handle,
      [](uv_timer_t* handle) {
        // It may be set again by what it calls.
        const auto now = std::move(static_cast<Timer*>(handle->data)->repeated);
        state_of(handle->loop).guarded(now);
      },
      ticks(delay),
      0);
}

void Loop::every(std::chrono::milliseconds interval, std::function<void()> call) {
  auto timer = std::make_unique<Timer>();
  timer->repeated = std::move(call);
  require(uv_timer_init(&state_->loop, &timer->handle), "uv_timer_init");
  Timer* owned = timer.release();
  owned->handle.data = owned;
  const auto period = static_cast<std::uint64_t>(interval.count());
  uv_timer_start(
      &owned->handle,
      [](uv_timer_t* handle) {
        state_of(handle->loop).guarded(static_cast<Timer*>(handle->data)->repeated);
      },
      period,
      period);
}

void Loop::on_signal(int signal, std::function<void()> call) {
  auto watch = std::make_unique<Signal>();
  watch->call = std::move(call);
  require(uv_signal_init(&state_->loop, &watch->handle), "uv_signal_init");
  Signal* owned = watch.release();
  owned->handle.data = owned;
  require(uv_signal_start(
              &owned->handle,
              [](uv_signal_t* handle, int) {
                state_of(handle->loop).guarded(static_cast<Signal*>(handle->data)->call);
              },
              signal),
          "uv_signal_start");
}

uv_loop_s* Loop::handle() {
  return &state_->loop;
}

void Loop::run() {
  uv_run(&state_->loop, UV_RUN_DEFAULT);
  if (auto thrown = std::exchange(state_->thrown, nullptr)) {
    std::rethrow_exception(thrown);
  }
}

void Loop::stop() {
  state_->drain();
  uv_stop(&state_->loop);
}

std::function<void(std::exception_ptr)> rethrow_on(Loop& loop) {
  return [&loop](std::exception_ptr thrown) {
    loop.post([thrown = std::move(thrown)] { std::rethrow_exception(thrown); });
  };
}

} // namespace coldpress
