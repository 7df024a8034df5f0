#pragma once

#include "fsutil/local_socket.hpp"
#include "fsutil/posix_fs.hpp"
#include "tests/support/temp_dir.hpp"
#include "worker/control/control_server.hpp"

#include <doctest/doctest.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <csignal>
#include <functional>
#include <optional>
#include <string>
#include <thread>

namespace coldpress {

inline constexpr std::chrono::milliseconds k_patience{20'000};
inline const std::string k_ask = "{\"v\":1,\"command\":\"status\"}\n";

// A control server on a loop of its own thread, in a directory of its own if no path is
// named. The handler is called on that thread.
class ControlRig {
public:
  explicit ControlRig(ControlServer::Handler handler,
                      ControlLimits limits = {},
                      const std::string& at = {})
      : path(at.empty() ? dir / "control.sock" : at) {
    std::signal(SIGPIPE, SIG_IGN);
    auto opened = ControlServer::open(loop,
                                      fs,
                                      path,
                                      static_cast<std::uint32_t>(::geteuid()),
                                      std::move(handler),
                                      limits);
    REQUIRE(opened.has_value());
    server.emplace(std::move(*opened));
    loop.every(std::chrono::milliseconds{1}, [this] { look(); });
    thread = std::thread([this] { loop.run(); });
  }
  ~ControlRig() { stop(); }

  void stop() {
    if (thread.joinable()) {
      loop.post([this] { loop.stop(); });
      thread.join();
    }
  }

  // Waits until so many connections are open; until they hold no more than that.
  bool has_connections(std::size_t count) const {
    return becomes([&] { return connections == count; });
  }
  bool holds_at_most(std::size_t count) const {
    return becomes([&] { return bytes <= count; });
  }

  TempDir dir;
  PosixFs fs;
  std::string path;
  Loop loop;
  std::optional<ControlServer> server;
  std::atomic<std::size_t> connections{0}; // as it was seen last
  std::atomic<std::size_t> bytes{0};       // that are held
  std::atomic<std::size_t> most_bytes{0};  // that were held at one moment
  std::thread thread;

private:
  void look() {
    connections = server->connections();
    bytes = server->buffered_bytes();
    most_bytes = std::max(most_bytes.load(), bytes.load());
  }

  static bool becomes(const std::function<bool()>& true_one_day) {
    const auto until = std::chrono::steady_clock::now() + k_patience;
    while (!true_one_day()) {
      if (std::chrono::steady_clock::now() > until) {
        return false;
      }
      std::this_thread::yield();
    }
    return true;
  }
};

// Somebody who writes and reads bytes as it likes.
class RawClient {
public:
  explicit RawClient(const std::string& path) {
    auto connected = LocalSocket::connect(path);
    REQUIRE(connected.has_value());
    socket.emplace(std::move(*connected));
  }

  bool send(std::string_view bytes) {
    return socket->send(bytes, k_patience).has_value();
  }

  // The next line without its newline; empty at the end.
  std::string line() {
    for (;;) {
      if (const std::size_t end = read_.find('\n'); end != std::string::npos) {
        std::string text = read_.substr(0, end);
        read_.erase(0, end + 1);
        return text;
      }
      std::array<char, 4096> buffer{};
      const auto got = socket->receive(buffer, k_patience);
      if (!got || *got == 0) {
        return {};
      }
      read_.append(buffer.data(), *got);
    }
  }

  ControlReply reply() {
    const auto parsed = parse_control_reply(line());
    REQUIRE(parsed.has_value());
    return *parsed;
  }

  void hang_up() { socket.reset(); }

  std::optional<LocalSocket> socket;

private:
  std::string read_;
};

} // namespace coldpress
