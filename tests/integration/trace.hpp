#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

namespace coldpress {

// One system call as strace saw it.
struct Call {
  std::string name;
  std::string arguments; // "5</path>, F_SETLEASE, F_RDLCK"
  std::string result;    // "0", "-1 EAGAIN (…)", "7</path>"
  std::size_t begun = 0; // lines of the trace: what ended before another began was first
  std::size_t ended = 0;
};

// The calls of a `strace -f -y -o` file, in the order in which they ended.
std::vector<Call> read_trace(const std::string& text);

// Finds calls one after the other.
class Order {
public:
  explicit Order(std::vector<Call> calls) : calls_(std::move(calls)) {}

  using Wanted = std::function<bool(const Call&)>;
  // The first that began after the last one found had ended; that is now the last one
  // found. Null if there is none, and then all that follow are null, too.
  const Call* then(const Wanted& wanted);
  // Whether there is one between the start and the last one found.
  bool before(const Wanted& wanted) const;

private:
  std::vector<Call> calls_;
  std::size_t last_ = 0;
};

} // namespace coldpress
