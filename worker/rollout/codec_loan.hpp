#pragma once

#include "worker/rollout/codec.hpp"

#include <zstd.h>

#include <memory>

namespace coldpress {

struct FreeContext {
  void operator()(ZSTD_CCtx* context) const { ZSTD_freeCCtx(context); }
  void operator()(ZSTD_DCtx* context) const { ZSTD_freeDCtx(context); }
};
using EncoderContext = std::unique_ptr<ZSTD_CCtx, FreeContext>;
using DecoderContext = std::unique_ptr<ZSTD_DCtx, FreeContext>;

// How the codec borrows a context: as new but for its memory. Without a lender it has one
// of its own. Null: no memory.
class CodecLoan {
public:
  static EncoderContext encoder(const CodecContexts* lender);
  static DecoderContext decoder(const CodecContexts* lender);
  static void give_back(const CodecContexts* lender, EncoderContext context) noexcept;
  static void give_back(const CodecContexts* lender, DecoderContext context) noexcept;
};

} // namespace coldpress
