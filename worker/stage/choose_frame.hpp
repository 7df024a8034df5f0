#pragma once

#include "worker/rollout/codec.hpp"
#include "worker/rollout/frame.hpp"
#include "worker/rollout/repeats.hpp"
#include "worker/stage/tokens.hpp"

#include <stop_token>

namespace coldpress {

// Rollouts below this are most of the files and hardly any of the bytes.
inline constexpr std::uint64_t k_small_rollout = std::uint64_t{1} << 20U;
// From this size on a look is worth its cost: a smaller one fits into 2^26 bytes.
inline constexpr std::uint64_t k_probe_from = std::uint64_t{1} << 26U;

struct FrameRules {
  Settings::Codec codec;
  std::uint64_t memory_bytes = 0; // for the encoder and the decoder beside it
};

// A file to choose for, open.
struct FrameSource {
  FileHandle file;
  std::uint64_t size = 0;       // of the file
  std::uint64_t plain_size = 0; // of what is in it
  Form form = Form::plain;
  WallTime mtime{};
};

FrameSource frame_source(const Claim& claim);

struct FrameChoice {
  FrameOptions frame;
  std::string why; // for people: the ledger, --json
  // Of the last 128 MiB. Empty: not probed.
  std::optional<Repeats> copies;
};

// How this rollout is compressed: the level by its size and, if that is asked for, its
// age; the window as small as comes within one part in a hundred of the widest, going by
// samples of the last 128 MiB; and never more memory than allowed. Reads up to 128 MiB of
// a file larger than k_probe_from, which leave the page cache. A weak frame's plain bytes
// are not sampled: it gets the window that holds all of them, and level 16 at least if it
// is small, so that it does not grow.
//
// Advice on how well it will do, never on whether it is right.
Result<FrameChoice> choose_frame(Fs& fs,
                                 const FrameSource& source,
                                 const FrameRules& rules,
                                 WallTime now,
                                 const std::stop_token& stop);

// What compressing a plain file will make of it, in bytes. For people, and to be held
// against what comes out: nothing is decided by it. Costs a fifth of compressing a small
// file, and little beside that of a large one. A file of up to 512 KiB is compressed at
// level 1; of a larger one a sample of 512 KiB to 1 MiB, and its last 128 MiB are probed
// for copies that the window reaches and a piece of the sample does not, if the choice
// has not.
Result<std::uint64_t> predict_size(Fs& fs,
                                   const FrameSource& source,
                                   const FrameChoice& choice,
                                   const std::stop_token& stop,
                                   CodecContexts* contexts = nullptr);

// How much of a file predict_size() and choose_frame() read at most.
std::uint64_t predicted_from_bytes(std::uint64_t size);

// Bytes of memory that compressing this way takes at most.
std::uint64_t compress_memory_bytes(const FrameOptions& frame, std::uint64_t size);

// The same for the most that choose_frame() may choose: for who must know before the
// file is open.
std::uint64_t most_memory_bytes(const FrameRules& rules, std::uint64_t size);

} // namespace coldpress
