#pragma once

#include "fsutil/hash.hpp"
#include "fsutil/result.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

namespace coldpress {

// Decodes a frame while it is being made and hashes what comes out: proof, without a
// second read of anything, that these bytes decode to their source. What the disk makes
// of them is another question.
//
// From the second piece on it works on a thread of its own, which is of the priority of
// the thread that made it. One thread feeds it. Memory: a decoder's window, and pieces of
// at most k_ahead bytes that wait to be decoded.
class FrameCheck {
public:
  static constexpr std::size_t k_ahead = std::size_t{4} << 20U;

  struct Decoded {
    Hash128 hash;
    std::uint64_t size = 0;
  };

  FrameCheck();
  FrameCheck(FrameCheck&&) noexcept;
  FrameCheck& operator=(FrameCheck&&) = delete;
  ~FrameCheck(); // gives up what was not decoded yet

  // The next bytes of the frame. Waits while too much is ahead. Errors of the decoder are
  // told by finish().
  void push(std::vector<std::byte> piece);

  // Waits until all is decoded. Errc::corrupt if it is not exactly one whole frame, with
  // the checksum it says; Errc::io if there was no memory for a decoder. Once.
  Result<Decoded> finish();

private:
  struct State;
  std::unique_ptr<State> state_;
};

} // namespace coldpress
