#include "tests/integration/trace.hpp"

#include <map>
#include <regex>
#include <sstream>

namespace coldpress {

namespace {

constexpr const char* k_unfinished = " <unfinished ...>";
constexpr const char* k_resumed = " resumed>";

// A name in an open directory, `5</dir>, "name"`, as a path: `5</dir>, "/dir/name"`.
std::string with_paths(const std::string& arguments) {
  static const std::regex k_name_in("<([^<>]*)>, \"([^\"/][^\"]*)\"");
  return std::regex_replace(arguments, k_name_in, "<$1>, \"$1/$2\"");
}

// "name(arguments) = result"
Call parse(const std::string& text) {
  Call call;
  const std::size_t open = text.find('(');
  const std::size_t equals = text.rfind(" = ");
  if (open == std::string::npos || equals == std::string::npos || equals < open) {
    return call;
  }
  const std::size_t close = text.rfind(')', equals);
  call.name = text.substr(0, open);
  call.arguments = with_paths(text.substr(open + 1, close - open - 1));
  call.result = text.substr(equals + 3);
  return call;
}

struct Begun {
  std::string text;
  std::size_t line = 0;
};

} // namespace

std::vector<Call> read_trace(const std::string& text) {
  std::vector<Call> calls;
  std::map<std::string, Begun> unfinished; // by thread
  std::istringstream in(text);
  std::size_t number = 0;
  for (std::string line; std::getline(in, line);) {
    number += 1;
    const std::size_t word = line.find(' ');
    const std::string thread = line.substr(0, word);
    std::string rest = line.substr(line.find_first_not_of(' ', word));
    std::size_t begun = number;
    if (const std::size_t cut = rest.find(k_unfinished); cut != std::string::npos) {
      unfinished[thread] = {rest.substr(0, cut), number};
      continue;
    }
    if (const std::size_t at = rest.find(k_resumed); at != std::string::npos) {
      rest = unfinished[thread].text + rest.substr(at + std::string(k_resumed).size());
      begun = unfinished[thread].line;
    }
    Call call = parse(rest);
    call.begun = begun;
    call.ended = number;
    if (!call.name.empty()) {
      calls.push_back(std::move(call));
    }
  }
  return calls;
}

const Call* Order::then(const Wanted& wanted) {
  for (const Call& call : calls_) {
    if (call.begun > last_ && wanted(call)) {
      last_ = call.ended;
      return &call;
    }
  }
  last_ = static_cast<std::size_t>(-1);
  return nullptr;
}

bool Order::before(const Wanted& wanted) const {
  for (const Call& call : calls_) {
    if (call.begun < last_ && wanted(call)) {
      return true;
    }
  }
  return false;
}

} // namespace coldpress
