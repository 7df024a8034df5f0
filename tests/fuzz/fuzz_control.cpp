#include "fsutil/text.hpp"
#include "tests/fuzz/fuzz.hpp"
#include "worker/control/control_protocol.hpp"

#include <simdjson.h>

#include <algorithm>

using namespace coldpress;

namespace {

std::string_view without_newline(const std::string& line) {
  require(line.find('\n') == line.size() - 1, "one line, and its newline at the end");
  return std::string_view(line).substr(0, line.size() - 1);
}

// Another parser must read the same out of what we accept.
void check_with_another_parser(std::string_view line, const ControlRequest& request) {
  simdjson::dom::parser parser;
  simdjson::dom::object object;
  require(parser.parse(line.data(), line.size()).get(object) == simdjson::SUCCESS,
          "what is accepted is a JSON object to others, too");
  std::string_view command;
  require(object["command"].get(command) == simdjson::SUCCESS &&
              command == name_of(request.command),
          "the same command");
  std::int64_t version = 0;
  require(object["v"].get(version) == simdjson::SUCCESS && version == k_control_version,
          "our version");
  require(object.size() <= 4, "with nothing more than a request may have");
}

void check_request(std::string_view text) {
  const auto request = parse_control_request(text);
  if (!request) {
    const Error& error = request.error();
    require(error.code == Errc::invalid || error.code == Errc::unsupported,
            "a request is refused as wrong, or as of another version");
    require(error.context.size() == 1 && !error.context.front().empty(), "with a reason");
    const std::string reply = control_line(ControlReply::failed(error));
    require(reply.size() < 2 * text.size() + 1000, "that is not much longer than it");
    require(parse_control_reply(without_newline(reply)).has_value(), "and can be read");
    return;
  }
  check_with_another_parser(text, *request);
  require(!(request->until && request->lasting), "a pause ends in one way");
  require(request->command == ControlCommand::pause ||
              (!request->until && !request->lasting),
          "and only a pause has an end");
  const std::string line = control_line(*request);
  const auto again = parse_control_request(without_newline(line));
  require(again.has_value() && control_line(*again) == line, "it can be sent on");
}

void check_reply(std::string_view text) {
  const auto reply = parse_control_reply(text);
  if (!reply) {
    require(reply.error().code == Errc::corrupt ||
                reply.error().code == Errc::unsupported,
            "what is no reply says so");
    return;
  }
  require(!reply->failure || (!reply->status && reply->text.empty()),
          "a failure, or an answer");
  const std::string line = control_line(*reply);
  const auto again = parse_control_reply(without_newline(line));
  require(again.has_value() && control_line(*again) == line, "it can be sent on");
  require(printable(without_newline(line)) == without_newline(line),
          "nothing of it harms a terminal");
}

} // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = as_text(data, size);
  check_request(text);
  check_reply(text);
  return 0;
}
