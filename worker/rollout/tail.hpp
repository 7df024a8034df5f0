#pragma once

#include "worker/rollout/decoded_tail.hpp"
#include "worker/rollout/line_stream.hpp"

#include <cstdint>

namespace coldpress {

// The last lines of a rollout, as it was when they were looked for.
//
// A compressed one is decoded once, and what they hold is kept in memory up to `window`
// bytes; more is decoded a second time. A plain one is read from its end, or once from
// the beginning if the lines are to have numbers.
class RolloutTail {
public:
  enum class Numbers : std::uint8_t { wanted, not_wanted };

  // The last `lines` lines of `reader`, which stands at its beginning and has to outlive
  // this. Errors as RolloutReader::read.
  static Result<RolloutTail> find(Fs& fs,
                                  RolloutReader& reader,
                                  std::uint64_t lines,
                                  Numbers numbers,
                                  std::uint64_t window = k_tail_window);

  // Hands them to `sink`, once.
  Result<void> copy(const Sink& sink);
  // Where the first of them begins: known when `sink` is called. The number is 0 if it
  // is not wanted.
  LinePlace begin() const { return begin_; }
  // Behind the last byte that was handed out, once copied.
  std::uint64_t end() const { return end_; }

private:
  RolloutTail(Fs& fs, RolloutReader& reader) : fs_(&fs), reader_(&reader) {}
  Result<void> find_from_end(std::uint64_t lines);
  void find_in(DecodedTail tail, std::uint64_t lines);

  Fs* fs_;
  RolloutReader* reader_;
  DecodedTail tail_;
  LinePlace begin_;
  std::uint64_t end_ = 0;
  bool held_ = false; // all of it is in `tail_`
};

} // namespace coldpress
