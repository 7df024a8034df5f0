#pragma once

#include "worker/run/task.hpp"

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <mutex>
#include <thread>
#include <vector>

namespace coldpress {

enum class Priority : std::uint8_t {
  idle,   // gets what nobody else wants, of CPU and of I/O
  normal, // for whoever holds a lock that others wait for
};

// Threads that run tasks in the order they were posted. Tasks that still wait when it
// is destroyed are dropped; running ones are waited for.
class ThreadPool {
public:
  ThreadPool(const char* name, std::size_t threads, Priority priority);
  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;
  ~ThreadPool();

  // From any thread.
  void post(Task task);

private:
  void work(const char* name, Priority priority);

  std::mutex mutex_;
  std::condition_variable ready_;
  std::deque<Task> waiting_;
  bool closing_ = false;
  std::vector<std::thread> threads_;
};

} // namespace coldpress
