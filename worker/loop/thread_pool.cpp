#include "worker/loop/thread_pool.hpp"

#include "fsutil/start_thread.hpp"
#include "fsutil/thread_priority.hpp"

namespace coldpress {

ThreadPool::ThreadPool(const char* name,
                       std::size_t threads,
                       Priority priority,
                       OnException failed)
    : name_(name), wanted_(threads), priority_(priority), failed_(std::move(failed)) {}

ThreadPool::~ThreadPool() {
  stop();
}

Result<std::size_t> ThreadPool::start() {
  while (threads_.empty() || threads_.size() < wanted_) {
    auto thread = start_thread([this] { work(); });
    if (!thread) {
      if (threads_.empty()) {
        return Fail(std::move(thread.error()));
      }
      wanted_ = threads_.size();
      break;
    }
    threads_.push_back(std::move(*thread));
  }
  return threads_.size();
}

void ThreadPool::stop() {
  {
    const std::lock_guard lock(mutex_);
    closing_ = true;
  }
  ready_.notify_all();
  for (std::thread& thread : threads_) {
    if (thread.joinable()) {
      thread.join();
    }
  }
}

void ThreadPool::post(Task task) {
  {
    const std::lock_guard lock(mutex_);
    waiting_.push_back(std::move(task));
  }
  ready_.notify_one();
}

void ThreadPool::work() {
  name_this_thread(name_);
  if (priority_ == Priority::idle) {
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
    try {
      task();
    } catch (...) {
      failed_(std::current_exception());
    }
  }
}

} // namespace coldpress
