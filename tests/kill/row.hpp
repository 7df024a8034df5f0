#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace coldpress {

// True if the environment asks for the on-demand size: SCOREBOARD_SIZE=full.
bool full_size();

// One row of the scoreboard. Prints the first violations to stderr as they come; not
// those of a control, which must have some.
class Row {
public:
  enum class Kind : bool { promise, control };
  explicit Row(std::string name, Kind kind = Kind::promise)
      : name_(std::move(name)), kind_(kind) {}

  void tried(std::uint64_t times = 1) { tried_ += times; }
  std::uint64_t tries() const { return tried_; }
  void violation(const std::string& what);
  // How many violations said something that ends so.
  std::uint64_t violations_ending(std::string_view end) const;
  // A further "name=value" of the line, in the order given.
  void figure(std::string_view name, std::string_view value);
  void figure(std::string_view name, std::uint64_t value);

  // Prints "ROW <name> tried=N violations=V …"; the exit code of the program. A row that
  // tried nothing has failed.
  int finish() const;
  // Prints "ROW <name> skipped: <why>"; the exit code that says so.
  static int skipped(std::string_view name, std::string_view why);

private:
  std::string name_;
  Kind kind_;
  std::uint64_t tried_ = 0;
  std::vector<std::string> violations_;
  std::string figures_;
};

} // namespace coldpress
