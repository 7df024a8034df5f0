#pragma once

#include "fsutil/fs.hpp"
#include "worker/control/control_protocol.hpp"
#include "worker/loop/loop.hpp"

#include <chrono>
#include <functional>
#include <memory>
#include <string>

namespace coldpress {

struct ControlLimits {
  std::size_t connections = 16; // who comes then is told that it is busy
  // Without a whole request; without an answer of the handler; without a reader of the
  // answer. A connection that takes longer is closed.
  std::chrono::milliseconds request{10'000};
  std::chrono::milliseconds answer{30'000};
  std::chrono::milliseconds reading{10'000};
};

// The socket on which a daemon is asked: control_protocol.hpp over a Unix socket, as
// part of the loop. Everything here happens on the loop's thread.
//
// Requests of one connection are answered in their order, one at a time; meanwhile
// nothing is read from it. So a connection holds one request line and one answer, and
// no more, whatever is sent. Without a connection there is no timer. The process must
// ignore SIGPIPE.
class ControlServer {
public:
  // To be called once, on the loop's thread, now or later, also after the connection or
  // the server is gone.
  using Answer = std::function<void(ControlReply)>;
  // Must neither wait nor throw.
  using Handler = std::function<void(const ControlRequest&, Answer)>;

  // Listens at `path`, mode 0600, whose directory must exist. Beside it stands
  // `<path>.lock`, which is held as long as the server lives and stays behind: so a
  // socket that a dead daemon has left is known as such, and replaced. Only processes of
  // `uid` and of root may speak.
  // Errc::busy: another one listens there; Errc::exists: `path` is no socket;
  // Errc::invalid: the path is too long.
  static Result<ControlServer> open(Loop& loop,
                                    Fs& fs,
                                    std::string path,
                                    std::uint32_t uid,
                                    Handler handler,
                                    ControlLimits limits = {});

  ControlServer(ControlServer&&) noexcept;
  ControlServer& operator=(ControlServer&&) = delete;
  // Closes all connections and removes the socket. The loop must still live.
  ~ControlServer();

  std::size_t connections() const;
  // What all connections hold in memory at this moment.
  std::size_t buffered_bytes() const;

private:
  struct State;
  explicit ControlServer(std::shared_ptr<State> state);
  std::shared_ptr<State> state_;
};

} // namespace coldpress
