#include "tests/kill/aftermath.hpp"

#include <fmt/format.h>

namespace coldpress {

namespace {

void tell(Row& row, const std::string& when, const std::vector<std::string>& wrong) {
  for (const std::string& line : wrong) {
    row.violation(when + ": " + line);
  }
}

} // namespace

void check_aftermath(const DiskStore& store,
                     const Lacks& lacks,
                     const std::vector<int>& excused,
                     const std::string& when,
                     const std::string& log,
                     Row& row) {
  tell(row, when, store.unreadable(excused));
  Command again = store.command({"run", "--once"}, lacks);
  again.log = log;
  const Ended ended = run_program(again);
  std::vector<std::string> wrong = store.not_clean();
  if (ended.code != 0) {
    wrong.push_back(fmt::format("the next run ends with code {} and signal {}\n{}",
                                ended.code,
                                ended.signal,
                                text_of(log)));
  }
  tell(row, when + ", then a run", wrong);
}

} // namespace coldpress
