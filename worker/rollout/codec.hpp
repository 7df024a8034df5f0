#pragma once

#include "fsutil/result.hpp"
#include "worker/rollout/frame.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>

namespace coldpress {

// Takes bytes in order; an error of its own ends the encoding or decoding.
using Sink = std::function<Result<void>(std::span<const std::byte>)>;

// The contexts of encoders and decoders that are done, for the next ones: to set one up
// takes a small frame a good part of its time. What it keeps is bounded; a context that
// does not fit is freed. Any thread; must outlive those who borrow from it.
class CodecContexts {
public:
  static constexpr std::uint64_t k_most_kept = std::uint64_t{32} << 20U; // bytes

  explicit CodecContexts(std::uint64_t most_kept = k_most_kept);
  CodecContexts(const CodecContexts&) = delete;
  CodecContexts& operator=(const CodecContexts&) = delete;
  ~CodecContexts();

  // Bytes that nobody has borrowed.
  std::uint64_t kept_bytes() const;

private:
  friend class CodecLoan; // worker/rollout/codec_loan.hpp
  struct Idle;
  std::unique_ptr<Idle> idle_;
};

// Writes one zstd frame. Single-threaded; one thread at a time. After an error it is
// spent: drop it and what it wrote.
class FrameEncoder {
public:
  // `pledged` is the exact number of bytes that will come.
  // Errc::invalid: a level outside 1 to 22, a window outside 2^10 to 2^27.
  // The frame is the same with a context of `contexts` as with one of its own.
  static Result<FrameEncoder> create(const FrameOptions& options,
                                     std::uint64_t pledged,
                                     CodecContexts* contexts = nullptr);

  FrameEncoder(FrameEncoder&&) noexcept;
  FrameEncoder& operator=(FrameEncoder&&) noexcept;
  ~FrameEncoder();

  // Errc::changed if more bytes come than were pledged.
  Result<void> push(std::span<const std::byte> data, const Sink& sink);
  // Ends the frame. Errc::changed if fewer bytes came than were pledged.
  Result<void> finish(const Sink& sink);

  // Bytes it holds now.
  std::uint64_t memory_bytes() const;

private:
  struct State;
  explicit FrameEncoder(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

// "1.5.4": of the library that is in use.
std::string zstd_version();

enum class Frames : std::uint8_t {
  one, // exactly one zstd frame and nothing else: what coldpress writes
  any, // whatever stock decoders read: several frames, skippable ones among them
};

// Decodes as it is fed. Checks the checksum and the content size of every frame that
// has them; windows up to 2^27. Thread as for the encoder.
// Errors: Errc::corrupt, the bytes are damaged or not zstd; Errc::unsupported, a whole
// frame that readers of rollouts refuse (wider window, dictionary). After an error it is
// spent, and what came out before is not to be trusted.
class FrameDecoder {
public:
  static Result<FrameDecoder> create(Frames frames, CodecContexts* contexts = nullptr);

  FrameDecoder(FrameDecoder&&) noexcept;
  FrameDecoder& operator=(FrameDecoder&&) noexcept;
  ~FrameDecoder();

  // Decodes from the front of `in` into `out`, takes off `in` what it has read and
  // answers the bytes written. Less than `out` holds: all of `in` is read and nothing is
  // held back.
  Result<std::size_t> decode(std::span<const std::byte>& in, std::span<std::byte> out);

  // All of `in`, in pieces of at most 1 MiB. A frame that declares no more than that and
  // is all in `in` comes in one, and is decoded where it ends up.
  Result<void> push(std::span<const std::byte> in, const Sink& sink);

  // Call at the end of the file. Errc::corrupt if it ended inside a frame, or before any.
  Result<void> finish() const;

  // Bytes that skippable frames have held so far, which are not content.
  std::uint64_t skipped_bytes() const;

private:
  struct State;
  explicit FrameDecoder(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

} // namespace coldpress
