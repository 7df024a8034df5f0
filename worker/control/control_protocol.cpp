#include "worker/control/control_protocol.hpp"

#include "fsutil/text.hpp"
#include "worker/control/control_json.hpp"

#include <algorithm>
#include <array>

namespace coldpress {

namespace {

using control::Json;
using control::Members;

constexpr std::array k_commands{ControlCommand::status,
                                ControlCommand::run_now,
                                ControlCommand::pause,
                                ControlCommand::resume};

Fail refused(Errc code, std::string sentence) {
  return Fail(Error{code, 0, {}, {}, {std::move(sentence)}});
}

Fail invalid(std::string sentence) {
  return refused(Errc::invalid, std::move(sentence));
}

// Short, whatever a stranger has sent.
std::string shown(std::string_view text) {
  constexpr std::size_t k_longest = 40;
  return printable(text.substr(0, k_longest)) + (text.size() > k_longest ? "…" : "");
}

Result<void> check_version(const Json& object) {
  bool good = true;
  const std::uint64_t version = Members(object, good).number("v");
  if (!good) {
    return invalid(fmt::format(
        R"(the request has no "v", the version of the protocol; write "v":{})",
        k_control_version));
  }
  if (version != k_control_version) {
    return refused(Errc::unsupported,
                   fmt::format("protocol version {} is not supported here, only {}; use "
                               "the same coldpress on both sides",
                               version,
                               k_control_version));
  }
  return {};
}

Result<ControlCommand> parse_command(const Json& object) {
  bool good = true;
  const std::string name = Members(object, good).text("command");
  std::vector<std::string> names;
  for (const ControlCommand command : k_commands) {
    if (good && name == name_of(command)) {
      return command;
    }
    names.emplace_back(name_of(command));
  }
  return invalid(good ? fmt::format("there is no command \"{}\"; write one of {}",
                                    shown(name),
                                    fmt::join(names, ", "))
                      : fmt::format("the request has no \"command\"; write one of {}",
                                    fmt::join(names, ", ")));
}

// Not read over: a member with a slip in its name would be one that was not sent.
Result<void> check_members(const Json& object, ControlCommand command) {
  for (const auto& [key, value] : object.items()) {
    const bool known =
        key == "v" || key == "command" ||
        (key == "store" && command != ControlCommand::status) ||
        ((key == "until" || key == "for") && command == ControlCommand::pause);
    if (!known) {
      return invalid(
          fmt::format("{} takes no member \"{}\"", name_of(command), shown(key)));
    }
    if (key != "v" && !value.is_string()) {
      return invalid(fmt::format("\"{}\" must be a string", key));
    }
  }
  return {};
}

// The sentence alone, without the operation of the error from below.
template <class Value> Result<Value> with_sentence(Result<Value> parsed) {
  if (!parsed) {
    return invalid(parsed.error().context.front());
  }
  return parsed;
}

Result<void> parse_pause(const Members& members, ControlRequest& request) {
  if (members.has("until") && members.has("for")) {
    return invalid(R"(write either "until" or "for", not both)");
  }
  if (members.has("until")) {
    TRY_ASSIGN(request.until, with_sentence(parse_time(members.text("until"))));
  }
  if (members.has("for")) {
    TRY_ASSIGN(request.lasting, with_sentence(parse_duration(members.text("for"))));
  }
  return {};
}

std::optional<Errc> code_named(std::string_view name) {
  for (int value = 0; value <= static_cast<int>(Errc::canceled); ++value) {
    if (const auto code = static_cast<Errc>(value); name_of(code) == name) {
      return code;
    }
  }
  return std::nullopt;
}

Fail no_reply(std::string sentence) {
  return refused(Errc::corrupt, std::move(sentence));
}

} // namespace

std::string_view name_of(ControlCommand command) {
  switch (command) {
  case ControlCommand::status:
    return "status";
  case ControlCommand::run_now:
    return "run-now";
  case ControlCommand::pause:
    return "pause";
  case ControlCommand::resume:
    break;
  }
  return "resume";
}

Result<std::optional<WallTime>> pause_end(const ControlRequest& request, WallTime now) {
  if (request.until && *request.until <= now) {
    return invalid(fmt::format(
        "{} has passed; it is {}", format_time(*request.until), format_time(now)));
  }
  return request.lasting ? now + *request.lasting : request.until;
}

ControlReply ControlReply::failed(Errc code, std::string hint) {
  return {ControlFailure{code, std::move(hint)}, {}, {}};
}

ControlReply ControlReply::failed(const Error& error) {
  return failed(error.code, describe(error));
}

Result<ControlRequest> parse_control_request(std::string_view line) {
  const auto object = control::parse_object(line);
  if (!object) {
    return invalid("the request must be one flat JSON object on one line");
  }
  TRY(check_version(*object));
  ControlRequest request;
  TRY_ASSIGN(request.command, parse_command(*object));
  TRY(check_members(*object, request.command));
  bool good = true;
  const Members members(*object, good);
  if (members.has("store")) {
    request.store = members.text("store");
    if (request.store.empty()) {
      return invalid(R"("store" is empty; name one, or leave it out for all)");
    }
  }
  TRY(parse_pause(members, request));
  return request;
}

std::string control_line(const ControlRequest& request) {
  Json json = {{"v", k_control_version}, {"command", name_of(request.command)}};
  if (!request.store.empty()) {
    json["store"] = request.store;
  }
  if (request.until) {
    json["until"] = format_time(*request.until);
  }
  if (request.lasting) {
    json["for"] = format_duration(*request.lasting);
  }
  return control::line_of(json);
}

std::string control_line(const ControlReply& reply) {
  Json json = {{"message_type", reply.failure ? "error" : "reply"},
               {"v", k_control_version}};
  if (reply.failure) {
    json["code"] = name_of(reply.failure->code);
    json["hint"] = printable(reply.failure->hint);
  } else {
    json["text"] = printable(reply.text);
    if (reply.status) {
      json["status"] = control::json_of(*reply.status);
    }
  }
  std::string line = control::line_of(json);
  if (line.size() > k_control_reply_bytes) {
    return control_line(ControlReply::failed(
        Errc::no_space, "the answer is too long for the socket; ask for less"));
  }
  return line;
}

Result<ControlReply> parse_control_reply(std::string_view line) {
  const auto object = control::parse_object(line);
  if (!object) {
    return no_reply("the answer is not a JSON object");
  }
  if (auto version = check_version(*object); !version) {
    return version.error().code == Errc::unsupported
               ? Fail(std::move(version.error()))
               : no_reply("the answer has no version");
  }
  bool good = true;
  const Members members(*object, good);
  const std::string type = members.text("message_type");
  ControlReply reply;
  if (type == "error") {
    const auto code = code_named(members.text("code"));
    reply.failure = ControlFailure{code.value_or(Errc::io), members.text("hint")};
  } else if (type == "reply") {
    reply.text = members.text("text");
    if (members.has("status")) {
      reply.status = control::parse_status(members.member("status"), good);
    }
  } else {
    good = false;
  }
  if (!good) {
    return no_reply("this coldpress does not understand the answer; use the same version "
                    "on both sides");
  }
  return reply;
}

} // namespace coldpress
