#include "worker/run/thread_pool.hpp"

#include "fsutil/thread_priority.hpp"

namespace coldpress {

ThreadPool::ThreadPool(const char* name, std::size_t threads, Priority priority) {
  for (std::size_t i = 0; i < threads; ++i) {
    threads_.emplace_back([this, name, priority] { work(name, priority); });
  }
}

ThreadPool::~ThreadPool() {
  {
    const std::lock_guard lock(mutex_);
    closing_ = true;
  }
  ready_.notify_all();
  for (std::thread& thread : threads_) {
    thread.join();
  }
}

void ThreadPool::post(Task task) {
  {
    const std::lock_guard lock(mutex_);
    waiting_.push_back(std::move(task));
  }
  ready_.notify_one();
}

void ThreadPool::work(const char* name, Priority priority) {
  name_this_thread(name);
  if (priority == Priority::idle) {
    make_this_thread_idle();
  }
  for (;;) {
    Task task;
    {
      std::unique_lock lock(mutex_);
      ready_.wait(lock, [this] { return closing_ || !waiting_.empty(); });
      if (closing_) {
        return;
      }
      task = std::move(waiting_.front());
      waiting_.pop_front();
    }
    task();
  }
}

} // namespace coldpress
