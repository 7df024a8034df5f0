#include "tests/support/control_rig.hpp"
#include "tests/support/program.hpp"

#include <doctest/doctest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <uv.h>

#include <fstream>
#include <vector>

using namespace coldpress;
using namespace std::chrono_literals;

namespace {

ControlReply said(std::string text) {
  return {std::nullopt, std::move(text), std::nullopt};
}

void say_command(const ControlRequest& request, const ControlServer::Answer& answer) {
  answer(said(std::string(name_of(request.command))));
}

Error refused_to_open(ControlRig& rig, const std::string& path) {
  Loop loop;
  const auto second = ControlServer::open(loop, rig.fs, path, ::geteuid(), say_command);
  REQUIRE_FALSE(second.has_value());
  return second.error();
}

// The exit code of `child`, run in another process as another user.
template <class Child> int as_other_user(Child child) {
  const pid_t pid = ::fork();
  if (pid == 0) {
    ::_exit(::setgid(k_ordinary_user) == 0 && ::setuid(k_ordinary_user) == 0 ? child()
                                                                             : 99);
  }
  int status = 0;
  REQUIRE(::waitpid(pid, &status, 0) == pid);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 98;
}

} // namespace

TEST_CASE("the socket is the owner's alone, and is gone when the server is") {
  ControlRig rig(say_command);
  struct stat found {};
  REQUIRE(::lstat(rig.path.c_str(), &found) == 0);
  CHECK(S_ISSOCK(found.st_mode));
  CHECK((found.st_mode & 07777U) == 0600);
  rig.stop();
  rig.server.reset();
  CHECK(::lstat(rig.path.c_str(), &found) != 0);
}

TEST_CASE("a request that comes in pieces, and two in one piece, are answered in order") {
  ControlRig rig(say_command);
  RawClient client(rig.path);
  for (const char c : k_ask) {
    REQUIRE(client.send(std::string(1, c)));
  }
  CHECK(client.reply().text == "status");
  REQUIRE(client.send("{\"v\":1,\"command\":\"resume\"}\n" + k_ask + "{\"v\":1,"));
  CHECK(client.reply().text == "resume");
  CHECK(client.reply().text == "status");
  REQUIRE(client.send("\"command\":\"pause\"}\n"));
  CHECK(client.reply().text == "pause");
}

TEST_CASE("a request is answered also when its sender has closed its half") {
  ControlRig rig(say_command);
  RawClient client(rig.path);
  REQUIRE(client.send(k_ask));
  ::shutdown(client.socket->descriptor(), SHUT_WR);
  CHECK(client.reply().text == "status");
  CHECK(client.line().empty());
  CHECK(rig.has_connections(0));
}

TEST_CASE("a wrong request gets an answer, and the connection goes on") {
  ControlRig rig(say_command);
  RawClient client(rig.path);
  REQUIRE(client.send("{\"v\":9,\"command\":\"status\"}\nrubbish\n\n" + k_ask));
  CHECK(client.reply().failure->code == Errc::unsupported);
  CHECK(client.reply().failure->code == Errc::invalid);
  CHECK(client.reply().failure->code == Errc::invalid);
  CHECK(client.reply().text == "status");
}

TEST_CASE("who connects and does not finish a request is closed after its time") {
  ControlLimits limits;
  limits.request = 30ms;
  ControlRig rig(say_command, limits);
  RawClient silent(rig.path);
  RawClient half(rig.path);
  REQUIRE(half.send("{\"v\":1,"));
  CHECK(silent.line().empty());
  CHECK(half.line().empty());
  CHECK(rig.has_connections(0));
}

TEST_CASE("without a connection nothing wakes the loop") {
  PosixFs fs;
  const TempDir dir;
  Loop loop;
  auto server =
      ControlServer::open(loop, fs, dir / "control.sock", ::geteuid(), say_command);
  REQUIRE(server.has_value());
  const auto sleeps_for = [&] { // milliseconds; -1: until something comes
    uv_run(loop.handle(), UV_RUN_NOWAIT);
    return uv_backend_timeout(loop.handle());
  };
  CHECK(sleeps_for() == -1);
  RawClient client(dir / "control.sock");
  while (server->connections() == 0) {
    uv_run(loop.handle(), UV_RUN_ONCE);
  }
  CHECK(sleeps_for() > 0);
  client.hang_up();
  while (server->connections() > 0) {
    uv_run(loop.handle(), UV_RUN_ONCE);
  }
  CHECK(sleeps_for() == -1);
}

TEST_CASE("an answer may come later, and is dropped when nobody waits for it any more") {
  std::vector<ControlServer::Answer> held;
  std::atomic<std::size_t> asked{0};
  ControlRig rig([&](const ControlRequest&, ControlServer::Answer answer) {
    held.push_back(std::move(answer));
    ++asked;
  });
  const auto wait_for = [&](std::size_t count) {
    while (asked < count) {
      std::this_thread::yield();
    }
  };
  RawClient gone(rig.path);
  REQUIRE(gone.send(k_ask));
  wait_for(1);
  gone.hang_up();
  RawClient client(rig.path);
  REQUIRE(client.send(k_ask));
  wait_for(2);
  rig.loop.post([&] {
    held[0](said("to nobody"));
    held[1](said("first"));
    held[1](said("once more"));
  });
  CHECK(client.reply().text == "first");
  REQUIRE(client.send(k_ask));
  wait_for(3);
  rig.loop.post([&] {
    held[1](said("late"));
    held[2](said("second"));
  });
  CHECK(client.reply().text == "second");
  rig.stop();
  rig.server.reset();
  held[2](said("after the end"));
}

TEST_CASE("a request without an answer ends its connection after its time") {
  ControlLimits limits;
  limits.answer = 30ms;
  ControlRig rig([](const ControlRequest&, const ControlServer::Answer&) {}, limits);
  RawClient client(rig.path);
  REQUIRE(client.send(k_ask));
  CHECK(client.line().empty());
  CHECK(rig.has_connections(0));
}

TEST_CASE("a second server finds the first one, also if its lock file is gone") {
  ControlRig rig(say_command);
  CHECK(refused_to_open(rig, rig.path).code == Errc::busy);
  REQUIRE(rig.fs.unlink(rig.path + ".lock").has_value());
  const Error error = refused_to_open(rig, rig.path);
  CHECK(error.code == Errc::busy);
  CHECK(describe(error).find("another coldpress serve uses it") != std::string::npos);
  RawClient client(rig.path);
  REQUIRE(client.send(k_ask));
  CHECK(client.reply().text == "status");
}

TEST_CASE("the socket of a dead daemon is replaced") {
  ControlRig rig(say_command);
  const std::string path = rig.dir / "left.sock";
  { REQUIRE(LocalSocket::bind(path).has_value()); }
  Loop loop;
  CHECK(ControlServer::open(loop, rig.fs, path, ::geteuid(), say_command).has_value());
}

TEST_CASE("what is no socket is left where it is") {
  ControlRig rig(say_command);
  const std::string path = rig.dir / "file";
  std::ofstream(path) << "mine";
  CHECK(refused_to_open(rig, path).code == Errc::exists);
  CHECK(read_small(rig.fs, path, 10).value() == "mine");
}

TEST_CASE("at the end the socket of somebody else stays") {
  ControlRig rig(say_command);
  REQUIRE(rig.fs.unlink(rig.path).has_value());
  REQUIRE(LocalSocket::bind(rig.path).has_value());
  rig.stop();
  rig.server.reset();
  CHECK(rig.fs.lstat(rig.path).has_value());
}

TEST_CASE("a store with a long path has a socket, too") {
  ControlRig rig(say_command);
  const std::string dir = rig.dir / std::string(200, 'd');
  REQUIRE(rig.fs.make_dir(dir, 0700).has_value());
  Loop loop;
  const auto server =
      ControlServer::open(loop, rig.fs, dir + "/control.sock", ::geteuid(), say_command);
  REQUIRE(server.has_value());
  CHECK(LocalSocket::connect(dir + "/control.sock").has_value());
  const Error error = refused_to_open(rig, dir + "/" + std::string(100, 's'));
  CHECK(error.code == Errc::invalid);
}

TEST_CASE("another user cannot connect, and is not heard if it can" *
          doctest::skip(::geteuid() != 0)) {
  ControlRig rig(say_command);
  REQUIRE(::chmod(rig.dir.path().c_str(), 0755) == 0);
  const std::string path = rig.path;
  CHECK(as_other_user([&] { return LocalSocket::connect(path) ? 1 : 0; }) == 0);
  REQUIRE(::chmod(path.c_str(), 0666) == 0);
  const int code = as_other_user([&] {
    auto socket = LocalSocket::connect(path);
    if (!socket) {
      return 1;
    }
    (void)socket->send(k_ask, k_patience);
    std::array<char, 64> buffer{};
    const auto got = socket->receive(buffer, k_patience);
    return got && *got > 0 ? 2 : 0;
  });
  CHECK(code == 0);
}
