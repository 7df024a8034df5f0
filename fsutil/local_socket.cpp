#include "fsutil/local_socket.hpp"

#include "fsutil/fs.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace coldpress {

namespace {

// Where there is no such flag a closed pipe is a signal, which the program ignores.
#ifdef MSG_NOSIGNAL
constexpr int k_no_signal = MSG_NOSIGNAL;
#else
constexpr int k_no_signal = 0;
#endif

template <class Call> auto retried(Call call) {
  auto result = call();
  while (result == -1 && errno == EINTR) {
    result = call();
  }
  return result;
}

// The address of `path`. Lives as long as it is used: a path that is too long goes
// through an open descriptor of its directory.
class Address {
public:
  Address() = default;
  Address(const Address&) = delete;
  Address& operator=(const Address&) = delete;
  ~Address() {
    if (directory_ >= 0) {
      ::close(directory_);
    }
  }

  Result<void> set(const std::string& path) {
    if (fits(path)) {
      return put(path);
    }
    directory_ = retried([&] {
      return ::open(parent_dir(path).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    });
    if (directory_ < 0) {
      return Fail(Error::from_errno(errno, "open directory", parent_dir(path)));
    }
    const std::string dir = fmt::format("/proc/self/fd/{}", directory_);
    const std::string shorter = join_path(dir, base_name(path));
    if (!fits(shorter) || ::faccessat(AT_FDCWD, dir.c_str(), X_OK, 0) != 0) {
      return Fail(Error{Errc::invalid,
                        0,
                        "socket",
                        path,
                        {fmt::format("its path has {} bytes, and a socket's may have {} "
                                     "here; a shorter one is needed",
                                     path.size(),
                                     sizeof address_.sun_path - 1)}});
    }
    return put(shorter);
  }

  const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&address_); }
  static socklen_t size() { return sizeof(sockaddr_un); }

private:
  bool fits(const std::string& path) const {
    return path.size() < sizeof address_.sun_path;
  }

  Result<void> put(const std::string& path) {
    address_.sun_family = AF_UNIX;
    std::memcpy(address_.sun_path, path.c_str(), path.size() + 1);
    return {};
  }

  sockaddr_un address_{};
  int directory_ = -1;
};

bool set_flags(int descriptor) {
  return ::fcntl(descriptor, F_SETFD, FD_CLOEXEC) == 0 &&
         ::fcntl(descriptor, F_SETFL, O_NONBLOCK) == 0;
}

} // namespace

Result<LocalSocket> LocalSocket::open(const std::string& path) {
  LocalSocket socket(::socket(AF_UNIX, SOCK_STREAM, 0), path);
  if (socket.descriptor_ < 0 || !set_flags(socket.descriptor_)) {
    return socket.failed("socket");
  }
  return socket;
}

LocalSocket::~LocalSocket() {
  if (descriptor_ >= 0) {
    ::close(descriptor_);
  }
}

Fail LocalSocket::failed(std::string_view op) const {
  Error error = Error::from_errno(errno, op, path_);
  if (error.sys == EADDRINUSE) {
    error.code = Errc::exists;
  }
  return Fail(std::move(error));
}

Result<LocalSocket> LocalSocket::bind(const std::string& path) {
  Address address;
  TRY(address.set(path));
  TRY_ASSIGN(LocalSocket socket, open(path));
  if (::bind(socket.descriptor_, address.get(), Address::size()) != 0) {
    return socket.failed("bind");
  }
  if (::chmod(path.c_str(), 0600) != 0) {
    return socket.failed("chmod");
  }
  return socket;
}

Result<LocalSocket> LocalSocket::connect(const std::string& path) {
  Address address;
  TRY(address.set(path));
  TRY_ASSIGN(LocalSocket socket, open(path));
  // A Unix socket connects at once or not at all.
  if (retried([&] {
        return ::connect(socket.descriptor_, address.get(), Address::size());
      }) != 0) {
    return socket.failed("connect");
  }
  return socket;
}

Result<void> LocalSocket::wait_for(short events, std::chrono::milliseconds limit) const {
  pollfd poll{descriptor_, events, 0};
  const int ready = retried([&] {
    return ::poll(&poll, 1, static_cast<int>(std::max<std::int64_t>(limit.count(), 0)));
  });
  if (ready < 0) {
    return failed("poll");
  }
  if (ready == 0) {
    Error late = Error::from_errno(ETIMEDOUT, "wait for", path_);
    late.code = Errc::busy;
    return Fail(std::move(late));
  }
  return {};
}

Result<void> LocalSocket::send(std::string_view data, std::chrono::milliseconds limit) {
  while (!data.empty()) {
    TRY(wait_for(POLLOUT, limit));
    const ssize_t put = retried(
        [&] { return ::send(descriptor_, data.data(), data.size(), k_no_signal); });
    if (put < 0 && errno != EAGAIN) {
      return failed("send");
    }
    data.remove_prefix(static_cast<std::size_t>(std::max<ssize_t>(put, 0)));
  }
  return {};
}

Result<std::size_t> LocalSocket::receive(std::span<char> into,
                                         std::chrono::milliseconds limit) {
  TRY(wait_for(POLLIN, limit));
  const ssize_t got =
      retried([&] { return ::recv(descriptor_, into.data(), into.size(), 0); });
  if (got < 0) {
    return failed("receive");
  }
  return static_cast<std::size_t>(got);
}

Result<std::uint32_t> LocalSocket::peer_uid() const {
  auto uid = coldpress::peer_uid(descriptor_);
  if (!uid) {
    return Fail(std::move(uid.error()).at(path_));
  }
  return uid;
}

Result<std::uint32_t> peer_uid(int descriptor) {
#ifdef SO_PEERCRED
  ucred peer{};
  socklen_t size = sizeof peer;
  if (::getsockopt(descriptor, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0) {
    return Fail(Error::from_errno(errno, "getsockopt SO_PEERCRED", {}));
  }
  return peer.uid;
#else
  uid_t uid = 0;
  gid_t gid = 0;
  if (::getpeereid(descriptor, &uid, &gid) != 0) {
    return Fail(Error::from_errno(errno, "getpeereid", {}));
  }
  return uid;
#endif
}

} // namespace coldpress
