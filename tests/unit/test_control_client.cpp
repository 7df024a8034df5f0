#include "tests/support/control_rig.hpp"
#include "tests/support/program.hpp"
#include "worker/control/control_client.hpp"

#include <doctest/doctest.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <thread>

using namespace coldpress;
using namespace std::chrono_literals;

namespace {

const ControlRequest k_status{};

Error why_not(const std::string& path,
              std::chrono::milliseconds limit = k_patience,
              std::uint32_t uid = static_cast<std::uint32_t>(::geteuid())) {
  const SystemClock clock;
  const auto reply = ask_daemon(path, k_status, uid, clock, limit);
  REQUIRE_FALSE(reply.has_value());
  return reply.error();
}

bool says(const Error& error, const std::string& part) {
  return describe(error).find(part) != std::string::npos;
}

// Answers the first who comes with these bytes, whatever was asked, and closes.
class Impostor {
public:
  Impostor(const std::string& path, std::string answer) : socket_(bound(path)) {
    REQUIRE(::listen(socket_.descriptor(), 1) == 0);
    thread_ = std::thread([this, answer = std::move(answer)] {
      pollfd waiting{socket_.descriptor(), POLLIN, 0};
      ::poll(&waiting, 1, static_cast<int>(k_patience.count()));
      const int peer = ::accept(socket_.descriptor(), nullptr, nullptr);
      (void)!::write(peer, answer.data(), answer.size());
      ::close(peer);
    });
  }
  ~Impostor() { thread_.join(); }

private:
  static LocalSocket bound(const std::string& path) {
    auto socket = LocalSocket::bind(path);
    REQUIRE(socket.has_value());
    return std::move(*socket);
  }

  LocalSocket socket_;
  std::thread thread_;
};

Error answered_with(const std::string& bytes) {
  std::signal(SIGPIPE, SIG_IGN);
  const TempDir dir;
  const Impostor impostor(dir / "s", bytes);
  return why_not(dir / "s");
}

} // namespace

TEST_CASE("a daemon is asked and answers") {
  ControlRig rig([](const ControlRequest& request, const ControlServer::Answer& answer) {
    CHECK(request.store == "/s");
    answer({std::nullopt, std::string(name_of(request.command)), std::nullopt});
  });
  const SystemClock clock;
  const ControlRequest request{ControlCommand::run_now, "/s", std::nullopt, std::nullopt};
  const auto reply = ask_daemon(rig.path, request, ::geteuid(), clock);
  REQUIRE(reply.has_value());
  CHECK(reply->text == "run-now");
}

TEST_CASE("without a daemon, the error says how to start one") {
  const TempDir dir;
  const Error none = why_not(dir / "control.sock");
  CHECK(none.code == Errc::not_found);
  CHECK(says(none, "no coldpress serve runs for this store; start one with"));
  { REQUIRE(LocalSocket::bind(dir / "control.sock").has_value()); }
  const Error stale = why_not(dir / "control.sock");
  CHECK(stale.code == Errc::not_found);
  CHECK(says(stale, "has ended; start one with"));
}

TEST_CASE("a daemon that does not answer is waited for only so long") {
  ControlRig rig([](const ControlRequest&, const ControlServer::Answer&) {});
  const Error late = why_not(rig.path, 30ms);
  CHECK(late.code == Errc::busy);
  CHECK(says(late, "no answer within 30ms"));
}

TEST_CASE("a daemon that has enough connections says so") {
  ControlLimits limits;
  limits.connections = 0;
  ControlRig rig([](const ControlRequest&, const ControlServer::Answer&) {}, limits);
  const SystemClock clock;
  const auto reply = ask_daemon(rig.path, k_status, ::geteuid(), clock);
  REQUIRE(reply.has_value());
  REQUIRE(reply->failure.has_value());
  CHECK(reply->failure->code == Errc::busy);
}

TEST_CASE("what answers and is no coldpress of our version is told apart") {
  CHECK(answered_with("HTTP/1.1 400 Bad Request\r\n").code == Errc::corrupt);
  CHECK(answered_with(std::string(k_control_reply_bytes + 10'000, 'x')).code ==
        Errc::corrupt);
  CHECK(answered_with("{\"v\":2,\"message_type\":\"reply\"}\n").code ==
        Errc::unsupported);
  const Error silent = answered_with("");
  CHECK(silent.code == Errc::busy);
  CHECK(says(silent, "without an answer"));
}

TEST_CASE("a socket of another user is asked nothing" * doctest::skip(::geteuid() != 0)) {
  const TempDir dir;
  const std::string path = dir / "s";
  auto socket = LocalSocket::bind(path);
  REQUIRE(socket.has_value());
  // The credentials of a listener are those of listen(2).
  const pid_t pid = ::fork();
  if (pid == 0) {
    ::_exit(::setuid(k_ordinary_user) == 0 && ::listen(socket->descriptor(), 1) == 0 ? 0
                                                                                     : 1);
  }
  int status = 0;
  REQUIRE(::waitpid(pid, &status, 0) == pid);
  REQUIRE(status == 0);
  const Error error = why_not(path);
  CHECK(error.code == Errc::denied);
  CHECK(says(error, "user 65534 listens on this socket"));
}
