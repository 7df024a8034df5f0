#pragma once

#include "fsutil/result.hpp"

#include <chrono>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace coldpress {

// A Unix stream socket, close-on-exec and not blocking. Used by one thread at a time.
// Errors name the call and the socket's path.
//
// A path may be longer than the 107 bytes (macOS: 103) of a socket's address where the
// system has /proc/self/fd; elsewhere that is Errc::invalid, and the context says so.
class LocalSocket {
public:
  // The name `path`, which must be free (Errc::exists), with mode 0600. It does not
  // listen yet, so no process can connect while the mode is still being set.
  static Result<LocalSocket> bind(const std::string& path);
  // Errc::not_found: no such name; errno ECONNREFUSED: no process listens there any more;
  // Errc::busy: too many wait there.
  static Result<LocalSocket> connect(const std::string& path);

  LocalSocket(LocalSocket&& other) noexcept
      : descriptor_(std::exchange(other.descriptor_, -1)), path_(std::move(other.path_)) {
  }
  LocalSocket& operator=(LocalSocket&&) = delete;
  ~LocalSocket();

  // All of `data`. Errc::busy (ETIMEDOUT) if a pause of the reader is longer than
  // `limit`.
  Result<void> send(std::string_view data, std::chrono::milliseconds limit);
  // What is there, and waits for the first byte: its count, 0 at the end. Errc::busy
  // (ETIMEDOUT) as above.
  Result<std::size_t> receive(std::span<char> into, std::chrono::milliseconds limit);

  // Of the process at the other end, when it connected or began to listen.
  Result<std::uint32_t> peer_uid() const;

  int descriptor() const { return descriptor_; }
  // The caller closes it from now on.
  void release() { descriptor_ = -1; }

private:
  LocalSocket(int descriptor, std::string path)
      : descriptor_(descriptor), path_(std::move(path)) {}
  static Result<LocalSocket> open(const std::string& path);
  Fail failed(std::string_view op) const;
  Result<void> wait_for(short events, std::chrono::milliseconds limit) const;

  int descriptor_;
  std::string path_;
};

// The same for a connected socket that the caller created.
Result<std::uint32_t> peer_uid(int descriptor);

} // namespace coldpress
