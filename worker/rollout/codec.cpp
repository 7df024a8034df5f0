#include "worker/rollout/codec.hpp"

#include "fsutil/text.hpp"
#include "worker/rollout/codec_loan.hpp"

#include <zstd.h>
#include <zstd_errors.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <optional>
#include <utility>
#include <vector>

namespace coldpress {
namespace {

constexpr std::string_view k_encode = "zstd encode";
constexpr std::string_view k_decode = "zstd decode";
constexpr std::array<std::byte, 4> k_magic = {
    std::byte{0x28}, std::byte{0xB5}, std::byte{0x2F}, std::byte{0xFD}};

// Frames of no more plain bytes are decoded in one go.
constexpr std::uint64_t k_at_once = std::uint64_t{1} << 20U;

Error fault(Errc code, std::string_view op, std::vector<std::string> context) {
  return Error{code, 0, op, "", std::move(context)};
}

Error damaged(std::string what) {
  return fault(Errc::corrupt,
               k_decode,
               {std::move(what),
                "restore it from a backup, or from its plain form if that still exists"});
}

Error too_wide() {
  return fault(Errc::unsupported,
               k_decode,
               {"the window of the frame is wider than 2^27 bytes: Codex cannot read it",
                "decode it with zstd -d --long=31 and let coldpress compress it again"});
}

Error decode_error(std::size_t code) {
  switch (ZSTD_getErrorCode(code)) {
  case ZSTD_error_frameParameter_windowTooLarge:
    return too_wide();
  case ZSTD_error_dictionary_wrong:
    return fault(Errc::unsupported,
                 k_decode,
                 {"the frame needs a dictionary: Codex cannot read it",
                  "decode it with zstd -d -D and the dictionary it was made with"});
  case ZSTD_error_memory_allocation:
    return Error::from_errno(ENOMEM, k_decode, "");
  default:
    return damaged(fmt::format("zstd: {}", ZSTD_getErrorName(code)));
  }
}

Error encode_error(std::size_t code) {
  if (ZSTD_getErrorCode(code) == ZSTD_error_memory_allocation) {
    return Error::from_errno(ENOMEM, k_encode, "");
  }
  return fault(
      Errc::invalid, k_encode, {fmt::format("zstd: {}", ZSTD_getErrorName(code))});
}

Error size_changed(std::uint64_t pledged, std::string_view came) {
  return fault(Errc::changed,
               k_encode,
               {fmt::format("{} bytes were expected, {} were read", pledged, came)});
}

} // namespace

struct FrameEncoder::State {
  explicit State(CodecContexts* lender)
      : contexts(lender), context(CodecLoan::encoder(lender)) {}
  State(const State&) = delete;
  State& operator=(const State&) = delete;
  ~State() { CodecLoan::give_back(contexts, std::move(context)); }

  CodecContexts* contexts;
  EncoderContext context;
  std::vector<std::byte> out = std::vector<std::byte>(ZSTD_CStreamOutSize());
  std::uint64_t pledged = 0;
  std::uint64_t taken = 0;

  Result<void> set(ZSTD_cParameter name, int value) const {
    const auto code = ZSTD_CCtx_setParameter(context.get(), name, value);
    if (ZSTD_isError(code) != 0) {
      return Fail(encode_error(code));
    }
    return {};
  }

  Result<void>
  run(std::span<const std::byte> data, ZSTD_EndDirective mode, const Sink& sink) {
    ZSTD_inBuffer in{data.data(), data.size(), 0};
    for (;;) {
      ZSTD_outBuffer to{out.data(), out.size(), 0};
      const auto left = ZSTD_compressStream2(context.get(), &to, &in, mode);
      if (ZSTD_isError(left) != 0) {
        return Fail(encode_error(left));
      }
      if (to.pos > 0) {
        TRY(sink(std::span<const std::byte>(out).first(to.pos)));
      }
      const bool done = mode == ZSTD_e_end ? left == 0 : in.pos == in.size;
      if (done) {
        return {};
      }
    }
  }
};

FrameEncoder::FrameEncoder(std::unique_ptr<State> state) : state_(std::move(state)) {}
FrameEncoder::FrameEncoder(FrameEncoder&&) noexcept = default;
FrameEncoder& FrameEncoder::operator=(FrameEncoder&&) noexcept = default;
FrameEncoder::~FrameEncoder() = default;

Result<FrameEncoder> FrameEncoder::create(const FrameOptions& options,
                                          std::uint64_t pledged,
                                          CodecContexts* contexts) {
  if (options.level < 1 || options.level > ZSTD_maxCLevel() ||
      options.window_log < k_min_window_log || options.window_log > k_max_window_log) {
    return Fail(fault(Errc::invalid,
                      k_encode,
                      {fmt::format("level {} or window 2^{} is out of range",
                                   options.level,
                                   options.window_log)}));
  }
  auto state = std::make_unique<State>(contexts);
  if (!state->context) {
    return Fail(Error::from_errno(ENOMEM, k_encode, ""));
  }
  state->pledged = pledged;
  TRY(state->set(ZSTD_c_compressionLevel, options.level));
  TRY(state->set(ZSTD_c_windowLog, options.window_log));
  TRY(state->set(ZSTD_c_enableLongDistanceMatching, options.long_distance ? 1 : 0));
  TRY(state->set(ZSTD_c_checksumFlag, 1));
  TRY(state->set(ZSTD_c_contentSizeFlag, 1));
  const auto code = ZSTD_CCtx_setPledgedSrcSize(state->context.get(), pledged);
  if (ZSTD_isError(code) != 0) {
    return Fail(encode_error(code));
  }
  return FrameEncoder(std::move(state));
}

Result<void> FrameEncoder::push(std::span<const std::byte> data, const Sink& sink) {
  if (data.size() > state_->pledged - state_->taken) {
    return Fail(size_changed(state_->pledged, "more"));
  }
  state_->taken += data.size();
  return state_->run(data, ZSTD_e_continue, sink);
}

Result<void> FrameEncoder::finish(const Sink& sink) {
  if (state_->taken != state_->pledged) {
    return Fail(size_changed(state_->pledged, std::to_string(state_->taken)));
  }
  return state_->run({}, ZSTD_e_end, sink);
}

std::uint64_t FrameEncoder::memory_bytes() const {
  return ZSTD_sizeof_CCtx(state_->context.get());
}

struct FrameDecoder::State {
  explicit State(CodecContexts* lender)
      : contexts(lender), context(CodecLoan::decoder(lender)) {}
  State(const State&) = delete;
  State& operator=(const State&) = delete;
  ~State() { CodecLoan::give_back(contexts, std::move(context)); }

  CodecContexts* contexts;
  DecoderContext context;
  Frames frames = Frames::any;
  std::uint64_t taken = 0;                            // bytes read of the file
  bool frame_ended = false;                           // exactly at `taken`
  std::array<std::byte, k_frame_header_max> header{}; // of the frame under way
  std::size_t header_size = 0;
  std::uint64_t produced = 0; // bytes that came out of it
  std::uint64_t skipped = 0;  // content of skippable frames

  // libzstd does not compare the declared size where the last block is empty and the
  // frame comes in pieces (1.5.4), so we do.
  Result<void> account(std::span<const std::byte> read, std::size_t written, bool ended) {
    const std::size_t more = std::min(read.size(), header.size() - header_size);
    std::copy_n(
        read.begin(), more, header.begin() + static_cast<std::ptrdiff_t>(header_size));
    header_size += more;
    produced += written;
    if (!ended) {
      return {};
    }
    skipped += skippable_content();
    const auto declared = ZSTD_getFrameContentSize(header.data(), header_size);
    const bool says =
        declared != ZSTD_CONTENTSIZE_UNKNOWN && declared != ZSTD_CONTENTSIZE_ERROR;
    if (says && declared != produced) {
      return Fail(damaged(
          fmt::format("a frame declares {} bytes and holds {}", declared, produced)));
    }
    header_size = 0;
    produced = 0;
    return {};
  }

  // RFC 8878, section 3.1.2: a magic number of 16, and the length of what follows.
  std::uint64_t skippable_content() const {
    constexpr std::size_t k_header = 8;
    const auto byte = [&](std::size_t at) {
      return std::to_integer<std::uint64_t>(header.at(at));
    };
    const auto number = [&](std::size_t at) {
      return byte(at) | byte(at + 1) << 8U | byte(at + 2) << 16U | byte(at + 3) << 24U;
    };
    return header_size >= k_header &&
                   (number(0) & ZSTD_MAGIC_SKIPPABLE_MASK) == ZSTD_MAGIC_SKIPPABLE_START
               ? number(4)
               : 0;
  }

  // For all that a small frame says it holds: libzstd then needs no window of its own.
  std::size_t room_for(std::span<const std::byte> in) const {
    const std::size_t usual = ZSTD_DStreamOutSize();
    const auto info = inspect_next(in);
    return info && info->content_size.value_or(k_at_once + 1) <= k_at_once
               ? std::max<std::size_t>(usual, *info->content_size)
               : usual;
  }

  // What the frame that begins here says, if one does.
  std::optional<FrameInfo> inspect_next(std::span<const std::byte> in) const {
    if (header_size > 0) {
      return std::nullopt;
    }
    const auto info = inspect_frame(in.first(std::min(in.size(), k_frame_header_max)));
    return info ? std::optional(*info) : std::nullopt;
  }

  // With Frames::one the file must begin with a zstd frame and end with it. A frame that
  // fits `in` and the room for what it holds libzstd decodes whatever its window is.
  Result<void> check_next(std::span<const std::byte> in) const {
    constexpr std::uint64_t k_widest = std::uint64_t{1} << unsigned{k_max_window_log};
    const auto info = inspect_next(in);
    if (info && info->window_size > k_widest) {
      return Fail(too_wide());
    }
    if (frames == Frames::any) {
      return {};
    }
    if (frame_ended) {
      return Fail(
          damaged(fmt::format("more bytes follow the frame, from byte {}", taken)));
    }
    for (std::uint64_t at = taken; at < k_magic.size() && at - taken < in.size(); ++at) {
      if (in[at - taken] != k_magic[at]) {
        return Fail(damaged("the file does not begin with a zstd frame"));
      }
    }
    return {};
  }
};

FrameDecoder::FrameDecoder(std::unique_ptr<State> state) : state_(std::move(state)) {}
FrameDecoder::FrameDecoder(FrameDecoder&&) noexcept = default;
FrameDecoder& FrameDecoder::operator=(FrameDecoder&&) noexcept = default;
FrameDecoder::~FrameDecoder() = default;

Result<FrameDecoder> FrameDecoder::create(Frames frames, CodecContexts* contexts) {
  auto state = std::make_unique<State>(contexts);
  if (!state->context) {
    return Fail(Error::from_errno(ENOMEM, k_decode, ""));
  }
  state->frames = frames;
  const auto code =
      ZSTD_DCtx_setParameter(state->context.get(), ZSTD_d_windowLogMax, k_max_window_log);
  if (ZSTD_isError(code) != 0) {
    return Fail(decode_error(code));
  }
  return FrameDecoder(std::move(state));
}

Result<std::size_t> FrameDecoder::decode(std::span<const std::byte>& in,
                                         std::span<std::byte> out) {
  if (out.empty() || (in.empty() && state_->frame_ended)) {
    return 0;
  }
  ZSTD_outBuffer to{out.data(), out.size(), 0};
  do {
    TRY(state_->check_next(in));
    ZSTD_inBuffer from{in.data(), in.size(), 0};
    const std::size_t before = to.pos;
    const auto left = ZSTD_decompressStream(state_->context.get(), &to, &from);
    if (ZSTD_isError(left) != 0) {
      Error error = decode_error(left);
      if (error.code == Errc::corrupt) {
        error.context.push_back(
            fmt::format("at or after byte {} of the file", state_->taken));
      }
      return Fail(std::move(error));
    }
    TRY(state_->account(in.first(from.pos), to.pos - before, left == 0));
    in = in.subspan(from.pos);
    state_->taken += from.pos;
    state_->frame_ended = left == 0;
  } while (!in.empty() && to.pos < to.size);
  return to.pos;
}

Result<void> FrameDecoder::push(std::span<const std::byte> in, const Sink& sink) {
  std::vector<std::byte> out(state_->room_for(in));
  for (;;) {
    TRY_ASSIGN(const std::size_t written, decode(in, out));
    if (written > 0) {
      TRY(sink(std::span<const std::byte>(out).first(written)));
    }
    if (written < out.size()) {
      return {};
    }
  }
}

Result<void> FrameDecoder::finish() const {
  if (state_->taken == 0) {
    return Fail(damaged("the file is empty"));
  }
  if (!state_->frame_ended) {
    return Fail(
        damaged(fmt::format("cut short: byte {} is inside a frame", state_->taken)));
  }
  return {};
}

std::uint64_t FrameDecoder::skipped_bytes() const {
  return state_->skipped;
}

std::string zstd_version() {
  return ZSTD_versionString();
}

} // namespace coldpress
