// What a client may do to the daemon: nothing of it makes it wait, or hold more.
#include "tests/support/control_rig.hpp"

#include <doctest/doctest.h>

#include <list>
#include <random>

using namespace coldpress;
using namespace std::chrono_literals;

namespace {

void say_yes(const ControlRequest&, const ControlServer::Answer& answer) {
  answer({std::nullopt, "yes", std::nullopt});
}

void check_it_answers(ControlRig& rig) {
  RawClient client(rig.path);
  REQUIRE(client.send(k_ask));
  CHECK(client.reply().text == "yes");
}

// Of one connection: a line, and a short answer.
constexpr std::size_t k_one = k_control_request_bytes + 1024;

} // namespace

TEST_CASE("a megabyte without a newline is answered once, not kept, and closed") {
  ControlRig rig(say_yes);
  RawClient client(rig.path);
  (void)client.send(std::string(1 << 20, 'x')); // cut off on the way
  const ControlReply reply = client.reply();
  REQUIRE(reply.failure.has_value());
  CHECK(reply.failure->code == Errc::invalid);
  CHECK(reply.failure->hint.find("more than 4096 bytes") != std::string::npos);
  CHECK(client.line().empty());
  CHECK(rig.has_connections(0));
  CHECK(rig.most_bytes <= k_one);
  check_it_answers(rig);
}

TEST_CASE("the longest request is one with a newline in the last place") {
  ControlRig rig(say_yes);
  RawClient client(rig.path);
  std::string line = k_ask;
  line.insert(1, k_control_request_bytes - line.size(), ' ');
  REQUIRE(client.send(line));
  CHECK(client.reply().text == "yes");
}

TEST_CASE("a thousand requests in one write are answered one after the other") {
  std::size_t under_way = 0;
  std::size_t number = 0;
  ControlRig* rig_ptr = nullptr;
  ControlRig rig([&](const ControlRequest&, const ControlServer::Answer& answer) {
    CHECK(++under_way == 1);
    rig_ptr->loop.post([&under_way, &number, answer] {
      --under_way;
      answer({std::nullopt, std::to_string(number++), std::nullopt});
    });
  });
  rig_ptr = &rig;
  RawClient client(rig.path);
  std::string all;
  for (int i = 0; i < 1000; ++i) {
    all += k_ask;
  }
  REQUIRE(client.send(all));
  for (int i = 0; i < 1000; ++i) {
    REQUIRE(client.reply().text == std::to_string(i));
  }
  CHECK(rig.most_bytes <= k_one);
}

TEST_CASE("a hundred connections: some are served, the others are told that it is busy") {
  ControlRig rig(say_yes);
  std::list<RawClient> clients;
  std::size_t served = 0;
  std::size_t refused = 0;
  for (int i = 0; i < 100; ++i) {
    RawClient& client = clients.emplace_back(rig.path);
    (void)client.send(k_ask);
    const ControlReply reply = client.reply();
    served += reply.failure ? 0 : 1;
    refused += reply.failure && reply.failure->code == Errc::busy ? 1 : 0;
  }
  CHECK(served == 16);
  CHECK(refused == 84);
  CHECK(rig.most_bytes <= 16 * k_one);
  clients.clear();
  CHECK(rig.has_connections(0));
  check_it_answers(rig);
}

TEST_CASE("who asks much and reads nothing holds one answer, and is closed") {
  ControlLimits limits;
  limits.reading = 100ms;
  limits.answer = 1h;
  std::atomic<std::size_t> asked{0};
  ControlRig rig(
      [&](const ControlRequest&, const ControlServer::Answer& answer) {
        ++asked;
        answer({std::nullopt, std::string(32'000, 'y'), std::nullopt});
      },
      limits);
  RawClient greedy(rig.path);
  for (std::string all; greedy.send(all);) {
    all += k_ask; // until it is closed
  }
  CHECK(rig.has_connections(0));
  CHECK(asked < 200); // as many answers as the kernel holds
  CHECK(rig.most_bytes <= k_control_request_bytes + 40'000);
}

TEST_CASE("a slow reader does not keep the others waiting") {
  ControlLimits limits;
  limits.request = 1h;
  ControlRig rig(
      [](const ControlRequest& request, const ControlServer::Answer& answer) {
        const bool much = request.command == ControlCommand::resume;
        answer({std::nullopt, much ? std::string(100'000, 'y') : "yes", std::nullopt});
      },
      limits);
  RawClient slow(rig.path);
  for (int i = 0; i < 20; ++i) {
    REQUIRE(slow.send("{\"v\":1,\"command\":\"resume\"}\n"));
  }
  for (int i = 0; i < 20; ++i) {
    check_it_answers(rig);
  }
  for (int i = 0; i < 20; ++i) {
    CHECK(slow.reply().text.size() == 100'000);
  }
  CHECK(rig.holds_at_most(k_one)); // nothing of them is kept
}

TEST_CASE("garbage is answered or closed, and hurts nobody") {
  ControlRig rig(say_yes);
  std::mt19937 random(7);
  for (int i = 0; i < 50; ++i) {
    RawClient client(rig.path);
    std::string bytes(random() % 6000, '\0');
    for (char& c : bytes) {
      c = static_cast<char>(random());
    }
    (void)client.send(bytes + "\n");
    if (i % 2 == 0) {
      CHECK(client.reply().failure.has_value());
    }
  }
  CHECK(rig.has_connections(0));
  CHECK(rig.most_bytes <= 16 * k_one);
  check_it_answers(rig);
}
