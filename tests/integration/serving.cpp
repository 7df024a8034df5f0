#include "tests/integration/serving.hpp"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <utility>

namespace coldpress {

namespace {

constexpr std::chrono::seconds k_soon{60};

std::string notify_path(const CodexHome& home) {
  return home.outside() + "/notify";
}

int listen_at(const std::string& path) {
  ::unlink(path.c_str());
  const int made = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  REQUIRE(path.size() < sizeof(address.sun_path));
  path.copy(address.sun_path, path.size());
  REQUIRE_EQ(::bind(made, reinterpret_cast<const sockaddr*>(&address), sizeof(address)),
             0);
  return made;
}

} // namespace

Serving::Serving(const CodexHome& home, std::vector<std::string> words, int output)
    : path_(notify_path(home)), socket_(listen_at(path_)),
      program_(start(home, std::move(words), output)) {}

Serving::~Serving() {
  ::close(socket_);
}

ProgramStart
Serving::start(const CodexHome& home, std::vector<std::string> words, int output) {
  words.insert(words.begin(), {COLDPRESS_PROGRAM, "serve"});
  words.insert(words.end(), {"--settle", "0s", "--reap-grace", "0s"});
  words.insert(words.end(), {"--pressure-io", "off", "--pressure-memory", "off"});
  return {std::move(words),
          {{"HOME", home.outside()}, {"TZ", "UTC"}, {"NOTIFY_SOCKET", notify_path(home)}},
          false,
          false,
          false,
          std::chrono::seconds{120},
          [output] { return output < 0 || ::dup2(output, STDOUT_FILENO) >= 0; }};
}

void Serving::hear() {
  std::array<char, 4096> buffer{};
  for (;;) {
    const ssize_t got = ::recv(socket_, buffer.data(), buffer.size(), 0);
    if (got < 0) {
      return;
    }
    story_.append(buffer.data(), static_cast<std::size_t>(got)) += '\n';
  }
}

std::string Serving::story() {
  hear();
  return story_;
}

bool Serving::told(const std::string& part) {
  std::size_t at = std::string::npos;
  const auto heard = [&] {
    hear();
    at = story_.find(part, known_);
    return at != std::string::npos;
  };
  if (!program_.wait_until(heard, k_soon) && !heard()) {
    return false;
  }
  known_ = at + part.size();
  return true;
}

ProgramEnd Serving::stop() {
  program_.signal(SIGTERM);
  return program_.wait();
}

} // namespace coldpress
