#include "worker/control/control_protocol.hpp"

#include <doctest/doctest.h>

using namespace coldpress;
using namespace std::chrono_literals;

namespace {

const WallTime k_now{std::chrono::sys_days{std::chrono::year{2026} / 1 / 2} + 3h};

ControlRequest request_of(std::string_view line) {
  const auto request = parse_control_request(line);
  CAPTURE(line);
  REQUIRE(request.has_value());
  return *request;
}

Error refusal_of(std::string_view line) {
  const auto request = parse_control_request(line);
  CAPTURE(line);
  REQUIRE_FALSE(request.has_value());
  REQUIRE(request.error().context.size() == 1);
  return request.error();
}

std::string sentence(std::string_view line) {
  const Error error = refusal_of(line);
  CHECK(error.code == Errc::invalid);
  return error.context.front();
}

std::string without_newline(std::string line) {
  REQUIRE(line.find('\n') == line.size() - 1);
  line.pop_back();
  return line;
}

ServiceStatus full_status() {
  ServiceStatus status;
  status.pid = 4711;
  status.version = "1.2.3";
  status.started = k_now;
  status.state = ServiceState::running;
  ServiceStore busy;
  busy.path = "/home/a/.codex";
  busy.state = ServiceState::running;
  busy.last_run = ServiceRun{k_now + 1h, 3, 5, 6'000'000'000'000, 7};
  busy.next_due = k_now + 24h;
  busy.reason = "every 24h";
  busy.progress = ServiceProgress{1, 2, 3, 4};
  busy.pressure = ServicePressure{true, 8, 9};
  ServiceStore paused;
  paused.path = "/home/b/.codex";
  paused.state = ServiceState::paused;
  paused.paused = true;
  paused.paused_until = k_now + 2h;
  status.stores = {busy, paused};
  return status;
}

} // namespace

TEST_CASE("a request with all it may have is understood") {
  CHECK(request_of(R"({"v":1,"command":"status"})").command == ControlCommand::status);
  const auto now = request_of(R"( {"command":"run-now","store":"/s","v":1} )");
  CHECK(now.command == ControlCommand::run_now);
  CHECK(now.store == "/s");
  const auto lasting = request_of(R"({"v":1,"command":"pause","for":"2h"})");
  CHECK(lasting.lasting == 2h);
  CHECK(lasting.store.empty());
  CHECK_FALSE(lasting.until.has_value());
  const auto until =
      request_of(R"({"v":1,"command":"pause","until":"2026-01-02T04:00:00+01:00"})");
  CHECK(until.until == k_now);
  CHECK(request_of(R"({"v":1,"command":"resume"})").command == ControlCommand::resume);
}

TEST_CASE("what is not one flat JSON object is no request") {
  for (const std::string line : {"",
                                 " ",
                                 "status",
                                 "{",
                                 R"({"v":1,"command":"status")",
                                 R"({"v":1,"command":"status"} x)",
                                 R"([{"v":1,"command":"status"}])",
                                 R"({"v":1,"command":"status","command":"resume"})",
                                 "{\"v\":1,\"command\":\"st\xffts\"}",
                                 R"({"v":1e999,"command":"status"})",
                                 "1",
                                 "null"}) {
    CHECK(sentence(line) == "the request must be one flat JSON object on one line");
  }
  const std::string zero = R"({"v":1,"command":"status"})" + std::string(1, '\0');
  CHECK(sentence(zero) == "the request must be one flat JSON object on one line");
}

TEST_CASE("a request that is nested deep costs nothing and is refused") {
  const std::string deep = R"({"v":1,"command":"status","x":)" + std::string(2000, '[') +
                           std::string(2000, ']') + "}";
  CHECK(sentence(deep) == "the request must be one flat JSON object on one line");
  const std::string objects = R"({"v":1,"command":"status","x":{"a":{}}})";
  CHECK(sentence(objects) == "status takes no member \"x\"");
}

TEST_CASE("another version is told apart from a wrong request") {
  CHECK(refusal_of(R"({"v":2,"command":"fly","more":[]})").code == Errc::unsupported);
  CHECK(refusal_of(R"({"v":2})").context.front() ==
        "protocol version 2 is not supported here, only 1; use the same coldpress on "
        "both sides");
  for (const char* line : {R"({"command":"status"})",
                           R"({"v":"1","command":"status"})",
                           R"({"v":1.0,"command":"status"})",
                           R"({"v":-1,"command":"status"})"}) {
    CHECK(sentence(line).starts_with(R"(the request has no "v")"));
  }
}

TEST_CASE("a command that does not exist is refused with those that do") {
  CHECK(sentence(R"({"v":1,"command":"stop"})") ==
        "there is no command \"stop\"; write one of status, run-now, pause, resume");
  CHECK(sentence(R"({"v":1,"command":7})").starts_with("the request has no \"command\""));
  const std::string long_name(3000, 'a');
  CHECK(sentence(R"({"v":1,"command":")" + long_name + "\"}").size() < 200);
}

TEST_CASE("a member of another type, of another command, or of none is refused") {
  CHECK(sentence(R"({"v":1,"command":"pause","untl":"x"})") ==
        "pause takes no member \"untl\"");
  CHECK(sentence(R"({"v":1,"command":"run-now","for":"2h"})") ==
        "run-now takes no member \"for\"");
  CHECK(sentence(R"({"v":1,"command":"status","store":"/s"})") ==
        "status takes no member \"store\"");
  CHECK(sentence(R"({"v":1,"command":"pause","for":7200})") ==
        "\"for\" must be a string");
  CHECK(sentence(R"({"v":1,"command":"run-now","store":""})").starts_with("\"store\""));
  CHECK(sentence(R"({"v":1,"command":"pause","for":"2"})").find("not a duration") !=
        std::string::npos);
  CHECK(sentence(R"({"v":1,"command":"pause","until":"now"})").find("is not a time") !=
        std::string::npos);
  CHECK(sentence(
            R"({"v":1,"command":"pause","for":"2h","until":"2026-01-02T04:00:00Z"})") ==
        R"(write either "until" or "for", not both)");
}

TEST_CASE("a request is read as it was written") {
  ControlRequest request{ControlCommand::pause, "/a \"b\"\n", std::nullopt, 90min};
  const auto lasting = request_of(without_newline(control_line(request)));
  CHECK(lasting.command == ControlCommand::pause);
  CHECK(lasting.store == request.store);
  CHECK(lasting.lasting == 90min);
  request = {ControlCommand::pause, "", k_now, std::nullopt};
  CHECK(request_of(without_newline(control_line(request))).until == k_now);
}

TEST_CASE("a pause ends when it was said to, and not in the past") {
  ControlRequest request{ControlCommand::pause, "", std::nullopt, std::nullopt};
  CHECK(pause_end(request, k_now).value() == std::nullopt);
  request.lasting = 2h;
  CHECK(pause_end(request, k_now).value() == k_now + 2h);
  request = {ControlCommand::pause, "", k_now + 1s, std::nullopt};
  CHECK(pause_end(request, k_now).value() == k_now + 1s);
  const auto past = pause_end(request, k_now + 1s);
  REQUIRE_FALSE(past.has_value());
  CHECK(past.error().code == Errc::invalid);
}

TEST_CASE("a reply is read as it was written, with all of the status") {
  const ControlReply reply{std::nullopt, "paused", full_status()};
  const auto read = parse_control_reply(without_newline(control_line(reply)));
  REQUIRE(read.has_value());
  CHECK(read->text == "paused");
  CHECK_FALSE(read->failure.has_value());
  REQUIRE(read->status.has_value());
  CHECK(*read->status == full_status());
}

TEST_CASE("a failure keeps its code and its hint") {
  const auto reply = ControlReply::failed(Errc::busy, "later\x1b[2J");
  const auto read = parse_control_reply(without_newline(control_line(reply)));
  REQUIRE(read.has_value());
  CHECK(read->failure == ControlFailure{Errc::busy, "later\\x1b[2J"});
}

TEST_CASE("an answer of something else, or of another version, is no reply") {
  const auto code = [](std::string_view line) {
    const auto reply = parse_control_reply(line);
    REQUIRE_FALSE(reply.has_value());
    return reply.error().code;
  };
  CHECK(code("") == Errc::corrupt);
  CHECK(code("HTTP/1.1 400 Bad Request\r") == Errc::corrupt);
  CHECK(code("{}") == Errc::corrupt);
  CHECK(code(R"({"v":1,"message_type":"summary"})") == Errc::corrupt);
  CHECK(code(R"({"v":1,"message_type":"reply","text":"","status":{"pid":1}})") ==
        Errc::corrupt);
  CHECK(code(R"({"v":1,"message_type":"reply","text":"","status":[]})") == Errc::corrupt);
  CHECK(code(R"({"v":2,"message_type":"reply","text":""})") == Errc::unsupported);
}

TEST_CASE("a later coldpress may add members to a reply, and codes to a failure") {
  const auto reply = parse_control_reply(
      R"({"v":1,"message_type":"reply","text":"","new":[1,{"a":2}]})");
  CHECK(reply.has_value());
  const auto failure =
      parse_control_reply(R"({"v":1,"message_type":"error","code":"new","hint":"h"})");
  REQUIRE(failure.has_value());
  CHECK(failure->failure == ControlFailure{Errc::io, "h"});
}

TEST_CASE("a reply that is too long for the socket becomes a failure that says so") {
  ControlReply reply{std::nullopt, "", full_status()};
  reply.status->stores.front().reason = std::string(k_control_reply_bytes, 'x');
  const std::string line = control_line(reply);
  CHECK(line.size() < 1000);
  const auto read = parse_control_reply(without_newline(line));
  REQUIRE(read.has_value());
  REQUIRE(read->failure.has_value());
  CHECK(read->failure->code == Errc::no_space);
}
