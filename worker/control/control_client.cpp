#include "worker/control/control_client.hpp"

#include "fsutil/local_socket.hpp"
#include "fsutil/text.hpp"

#include <array>
#include <cerrno>

namespace coldpress {

namespace {

using std::chrono::milliseconds;

Fail no_daemon(Error error, std::string_view why) {
  error.code = Errc::not_found;
  error.sys = 0; // the sentence says it better
  return Fail(std::move(error).in(
      fmt::format("{}; start one with: coldpress serve, or do the work at once with: "
                  "coldpress run",
                  why)));
}

Result<LocalSocket> connect(const std::string& path) {
  auto socket = LocalSocket::connect(path);
  if (socket) {
    return socket;
  }
  Error error = std::move(socket.error());
  if (error.code == Errc::not_found) {
    return no_daemon(std::move(error), "no coldpress serve runs for this store");
  }
  if (error.sys == ECONNREFUSED) {
    return no_daemon(std::move(error),
                     "the coldpress serve that created this socket has ended");
  }
  if (error.code == Errc::denied) {
    return Fail(std::move(error).in("run coldpress as the user whose store it is"));
  }
  if (error.code == Errc::busy) {
    return Fail(std::move(error).in("too many connections; try again"));
  }
  return Fail(std::move(error));
}

Result<void>
check_peer(const LocalSocket& socket, const std::string& path, std::uint32_t uid) {
  TRY_ASSIGN(const std::uint32_t peer, socket.peer_uid());
  if (peer == uid || peer == 0) {
    return {};
  }
  return Fail(Error{Errc::denied,
                    0,
                    "connect",
                    path,
                    {fmt::format("user {} listens on this socket, who is neither you nor "
                                 "root; nothing was sent. Find out who created it",
                                 peer)}});
}

// The line the daemon answers with, without its newline.
class Answer {
public:
  Answer(LocalSocket& socket,
         const std::string& path,
         const Clock& clock,
         milliseconds limit)
      : socket_(socket), path_(path), clock_(clock), limit_(limit),
        until_(clock.boot() + limit) {}

  Result<void> send(const std::string& line) {
    auto sent = socket_.send(line, limit_);
    // A daemon that is busy says so and is gone before the request is there.
    if (!sent && sent.error().sys != EPIPE && sent.error().sys != ECONNRESET) {
      return late(std::move(sent.error()));
    }
    return {};
  }

  Result<std::string> read() {
    std::string line;
    std::array<char, 4096> buffer{};
    for (;;) {
      const auto left = std::chrono::ceil<milliseconds>(until_ - clock_.boot());
      auto got = socket_.receive(buffer, left);
      if (!got && got.error().sys == ECONNRESET) {
        got = std::size_t{0};
      }
      if (!got) {
        return late(std::move(got.error()));
      }
      if (*got == 0) {
        return wrong(Errc::busy, "it closed the connection without an answer; try again");
      }
      line.append(buffer.data(), *got);
      if (const std::size_t end = line.find('\n'); end != std::string::npos) {
        line.resize(end);
        return line;
      }
      if (line.size() > k_control_reply_bytes) {
        return wrong(
            Errc::corrupt,
            "the program that answers is not coldpress serve: its line has no end");
      }
    }
  }

private:
  Fail wrong(Errc code, std::string what) const {
    return Fail(Error{code, 0, "ask", path_, {std::move(what)}});
  }

  Fail late(Error error) const {
    if (error.sys != ETIMEDOUT) {
      return Fail(std::move(error));
    }
    return wrong(Errc::busy,
                 fmt::format("no answer within {}; try again. If that does not help, "
                             "restart coldpress serve: nothing is lost",
                             format_duration(limit_)));
  }

  LocalSocket& socket_;
  const std::string& path_;
  const Clock& clock_;
  const milliseconds limit_;
  const BootTime until_;
};

} // namespace

Result<ControlReply> ask_daemon(const std::string& path,
                                const ControlRequest& request,
                                std::uint32_t uid,
                                const Clock& clock,
                                milliseconds limit) {
  TRY_ASSIGN(LocalSocket socket, connect(path));
  TRY(check_peer(socket, path, uid));
  Answer answer(socket, path, clock, limit);
  TRY(answer.send(control_line(request)));
  TRY_ASSIGN(const std::string line, answer.read());
  auto reply = parse_control_reply(line);
  if (!reply) {
    return Fail(std::move(reply.error()).at(path));
  }
  return reply;
}

} // namespace coldpress
