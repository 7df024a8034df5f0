#pragma once

#include "fsutil/subprocess.hpp"

#include <fmt/ranges.h>

#include <algorithm>
#include <map>
#include <string>
#include <vector>

namespace coldpress {

// Stands in for other programs: notes what was asked for, and answers what was set for
// the longest beginning of the command. What nothing was set for does not exist.
class FakePrograms {
public:
  void answer(const std::string& command, SubprocessEnd end) {
    answers_[command] = std::move(end);
  }

  RunProgram run() {
    return [this](const SubprocessCall& call) -> Result<SubprocessEnd> {
      const std::string words = fmt::format("{}", fmt::join(call.command, " "));
      calls.push_back(words);
      inputs[words] = call.input;
      const SubprocessEnd* found = nullptr;
      std::size_t length = 0;
      for (const auto& [command, end] : answers_) {
        if (words.starts_with(command) && command.size() >= length) {
          found = &end;
          length = command.size();
        }
      }
      if (found == nullptr) {
        return Fail(Error{Errc::not_found, 0, "run", call.command.front(), {}});
      }
      return *found;
    };
  }

  bool called(const std::string& command) const {
    return std::find(calls.begin(), calls.end(), command) != calls.end();
  }

  std::vector<std::string> calls;
  std::map<std::string, std::string> inputs; // by command, the last one's

private:
  std::map<std::string, SubprocessEnd> answers_;
};

} // namespace coldpress
