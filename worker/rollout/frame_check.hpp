#pragma once

#include "fsutil/hash.hpp"
#include "fsutil/result.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

namespace coldpress {

class CodecContexts;

// That a frame of these bytes decodes to these plain bytes. Made by FrameCheck only.
class DecodedFrame {
public:
  const Hash128& frame_hash() const { return frame_hash_; }
  std::uint64_t frame_size() const { return frame_size_; } // bytes
  const Hash128& plain_hash() const { return plain_hash_; }
  std::uint64_t plain_size() const { return plain_size_; } // bytes

private:
  friend class FrameCheck;
  DecodedFrame(Hash128 frame_hash,
               std::uint64_t frame_size,
               Hash128 plain_hash,
               std::uint64_t plain_size)
      : frame_hash_(frame_hash), frame_size_(frame_size), plain_hash_(plain_hash),
        plain_size_(plain_size) {}
  Hash128 frame_hash_;
  std::uint64_t frame_size_;
  Hash128 plain_hash_;
  std::uint64_t plain_size_;
};

// Decodes a frame while it is being made and hashes what comes out: proof, without a
// second read of anything, that these bytes decode to their source. What the disk makes
// of them is another question.
//
// A frame of at most k_alone bytes is decoded by finish(). From there on it works on a
// thread of its own, which is of the priority of the thread that made it: for a small
// frame that would cost more than it saves. One thread feeds it. Memory: a decoder's
// window, and pieces of at most k_ahead bytes that wait to be decoded.
class FrameCheck {
public:
  static constexpr std::size_t k_ahead = std::size_t{4} << 20U;

  static constexpr std::size_t k_alone = std::size_t{1} << 20U;

  // Its decoder's context is borrowed from there, if there is one to borrow from.
  explicit FrameCheck(CodecContexts* contexts = nullptr);
  FrameCheck(FrameCheck&&) noexcept;
  FrameCheck& operator=(FrameCheck&&) = delete;
  ~FrameCheck(); // gives up what was not decoded yet

  // The next bytes of the frame. Waits while too much is ahead. Errors of the decoder are
  // told by finish().
  void push(std::vector<std::byte> piece);

  // Waits until all is decoded. Errc::corrupt if it is not exactly one whole frame, with
  // the checksum it says; Errc::io if there was no memory for a decoder. Once.
  Result<DecodedFrame> finish();

private:
  struct State;
  std::unique_ptr<State> state_;
};

} // namespace coldpress
