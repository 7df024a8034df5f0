#include "worker/rollout/codec_loan.hpp"

#include <mutex>
#include <new>
#include <utility>
#include <vector>

namespace coldpress {

namespace {

std::uint64_t bytes_of(const EncoderContext& context) {
  return ZSTD_sizeof_CCtx(context.get());
}
std::uint64_t bytes_of(const DecoderContext& context) {
  return ZSTD_sizeof_DCtx(context.get());
}

} // namespace

struct CodecContexts::Idle {
  std::mutex mutex;
  std::uint64_t most = 0;
  std::uint64_t kept = 0; // bytes
  std::vector<EncoderContext> encoders;
  std::vector<DecoderContext> decoders;

  template <class Context> Context take(std::vector<Context>& idle) {
    const std::lock_guard lock(mutex);
    if (idle.empty()) {
      return nullptr;
    }
    Context context = std::move(idle.back());
    idle.pop_back();
    kept -= bytes_of(context);
    return context;
  }

  template <class Context> void put(std::vector<Context>& idle, Context context) {
    const std::uint64_t bytes = bytes_of(context);
    const std::lock_guard lock(mutex);
    if (kept + bytes <= most) {
      idle.push_back(std::move(context));
      kept += bytes;
    }
  }
};

CodecContexts::CodecContexts(std::uint64_t most_kept) : idle_(std::make_unique<Idle>()) {
  idle_->most = most_kept;
}
CodecContexts::~CodecContexts() = default;

std::uint64_t CodecContexts::kept_bytes() const {
  const std::lock_guard lock(idle_->mutex);
  return idle_->kept;
}

EncoderContext CodecLoan::encoder(const CodecContexts* lender) {
  auto context =
      lender != nullptr ? lender->idle_->take(lender->idle_->encoders) : nullptr;
  if (!context) {
    return EncoderContext(ZSTD_createCCtx());
  }
  ZSTD_CCtx_reset(context.get(), ZSTD_reset_session_and_parameters);
  return context;
}

DecoderContext CodecLoan::decoder(const CodecContexts* lender) {
  auto context =
      lender != nullptr ? lender->idle_->take(lender->idle_->decoders) : nullptr;
  if (!context) {
    return DecoderContext(ZSTD_createDCtx());
  }
  ZSTD_DCtx_reset(context.get(), ZSTD_reset_session_and_parameters);
  return context;
}

void CodecLoan::give_back(const CodecContexts* lender, EncoderContext context) noexcept {
  if (lender == nullptr || !context) {
    return;
  }
  try {
    lender->idle_->put(lender->idle_->encoders, std::move(context));
  } catch (const std::bad_alloc&) { // then it is freed
  }
}

void CodecLoan::give_back(const CodecContexts* lender, DecoderContext context) noexcept {
  if (lender == nullptr || !context) {
    return;
  }
  try {
    lender->idle_->put(lender->idle_->decoders, std::move(context));
  } catch (const std::bad_alloc&) { // then it is freed
  }
}

} // namespace coldpress
