#pragma once

#include "tests/race/home.hpp"

#include <chrono>
#include <optional>
#include <string>

namespace coldpress::race {

// An open descriptor, closed at the end.
class Fd {
public:
  Fd() = default;
  explicit Fd(int fd) : fd_(fd) {}
  Fd(Fd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Fd& operator=(Fd&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~Fd();
  int get() const { return fd_; }
  explicit operator bool() const { return fd_ >= 0; }

private:
  int fd_ = -1;
};

// For append, never made. Nothing: the name is gone.
Fd open_append(const std::string& path);

// What Codex does to its locks and files, with its own system calls, so that nothing of
// the program under test vouches for itself.
//
// Codex asks for the coordination lock every 50 ms; this one queues for it, which
// meets a critical section more often.
class CodexWriter {
public:
  explicit CodexWriter(const Home& home) : home_(home) {}

  Fd lock_coordination() const;
  // Under coordination for a moment. Nothing: the thread has another writer.
  std::optional<Fd> lock_thread(std::uint32_t rollout) const;
  void unlock_thread(std::uint32_t rollout, Fd lock) const;

  enum class Mtime { keep, now };
  // .zst -> temp -> sync -> link -> unlink both, beside the .zst, taking no lock. False
  // if there is no .zst, or it cannot be decoded.
  bool materialize(const std::string& plain_path, Mtime mtime) const;
  // The plain form, made again if need be. The thread lock must be held.
  Fd resume(const std::string& plain_path, std::uint64_t* materialized) const;

private:
  std::string lock_path(std::uint32_t rollout) const;
  const Home& home_;
};

} // namespace coldpress::race
