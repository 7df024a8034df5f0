#pragma once

#include "fsutil/result.hpp"
#include "worker/loop/task.hpp"

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <exception>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace coldpress {

enum class Priority : std::uint8_t {
  idle,   // idle priority, for CPU and I/O
  normal, // for holders of a lock that others wait for
};

// Threads that run tasks in the order they were posted. Tasks that still wait when it
// is stopped are dropped; running ones are waited for.
class ThreadPool {
public:
  // `failed` gets what a task has thrown, on the thread that ran it; the thread goes on.
  using OnException = std::function<void(std::exception_ptr)>;
  ThreadPool(const char* name,
             std::size_t threads,
             Priority priority,
             OnException failed);
  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;
  ~ThreadPool();

  // What was posted before waits for it. How many threads there are: fewer than wanted
  // where the system has no more, an error if it has none. Once it has any, that is the
  // answer, and nothing more is started.
  Result<std::size_t> start();
  // Nothing runs any more when it returns. For good.
  void stop();

  // From any thread.
  void post(Task task);

private:
  void work();

  const char* name_;
  std::size_t wanted_;
  Priority priority_;
  OnException failed_;
  std::mutex mutex_;
  std::condition_variable ready_;
  std::deque<Task> waiting_;
  bool closing_ = false;
  std::vector<std::thread> threads_;
};

} // namespace coldpress
