#pragma once

#include "worker/rollout/codec.hpp"
#include "worker/rollout/frame.hpp"
#include "worker/stage/step.hpp"
#include "worker/stage/tokens.hpp"

#include <atomic>
#include <functional>
#include <stop_token>

namespace coldpress {

struct EncodeRules {
  FrameOptions frame;
  std::uint64_t min_free_bytes = 0;               // leave at least this much on the disk
  std::atomic<std::uint64_t>* progress = nullptr; // counts the bytes read, if wanted
  // Called with the length of each piece read, if wanted; may take its time. An error
  // ends the work.
  std::function<Result<void>(std::uint64_t bytes)> pace{};
  CodecContexts* contexts = nullptr; // to borrow from, if there are any
};

// Writes the claimed file's plain bytes as one zstd frame into a temp file beside it.
// Reads the source once, in pieces, and lets it leave the page cache behind itself,
// unless most of it was there before; memory does not depend on its size. What is written
// is decoded, that of a large file on a second thread meanwhile, and compared with the
// source by length and hash: on success these bytes are the source's; whether the disk
// keeps them is for verify() to find out.
//
// Stops with `changed` if there are not exactly as many as claimed, `no_gain` once the
// frame is as large as a plain source, or larger than a compressed one,
// `metadata_not_kept`, `no_space`, or `canceled` within a piece of being told. The temp
// file is gone then.
Step<Encoded> encode(Fs& fs, Claim claim, const EncodeRules& rules, std::stop_token stop);

} // namespace coldpress
