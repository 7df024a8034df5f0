#include "worker/rollout/frame_check.hpp"

#include "fsutil/start_thread.hpp"
#include "fsutil/thread_priority.hpp"
#include "worker/rollout/codec.hpp"

#include <condition_variable>
#include <deque>
#include <exception>
#include <mutex>
#include <optional>
#include <thread>

namespace coldpress {

struct FrameCheck::State {
  explicit State(CodecContexts* lender) : contexts(lender) {}

  CodecContexts* contexts;
  std::mutex mutex;
  std::condition_variable changed;
  std::deque<std::vector<std::byte>> waiting;
  std::size_t ahead = 0;
  bool ended = false; // no more pieces will come
  bool given_up = false;
  std::thread thread;

  // Only whoever decodes: the thread, or finish() if there is none.
  std::optional<FrameDecoder> decoder;
  std::optional<Error> error;
  Hasher frame;
  std::uint64_t frame_size = 0;
  Hasher plain;
  std::uint64_t plain_size = 0;

  // What is thrown (by a lack of memory) must not leave the thread, nor stop the taking.
  void decode(const std::vector<std::byte>& piece) {
    try {
      decode_or_throw(piece);
    } catch (const std::exception& thrown) {
      error = Error{Errc::io, 0, "zstd decode", {}, {thrown.what()}};
    }
  }

  void decode_or_throw(const std::vector<std::byte>& piece) {
    if (error) {
      return;
    }
    if (!decoder) {
      auto made = FrameDecoder::create(Frames::one, contexts);
      if (!made) {
        error = std::move(made.error());
        return;
      }
      decoder.emplace(std::move(*made));
    }
    const Sink sink = [this](std::span<const std::byte> out) -> Result<void> {
      plain.update(out);
      plain_size += out.size();
      return {};
    };
    frame.update(piece);
    frame_size += piece.size();
    if (auto pushed = decoder->push(piece, sink); !pushed) {
      error = std::move(pushed.error());
    }
  }

  std::optional<std::vector<std::byte>> take() {
    std::unique_lock lock(mutex);
    changed.wait(lock, [this] { return given_up || ended || !waiting.empty(); });
    if (given_up || waiting.empty()) {
      return std::nullopt;
    }
    std::vector<std::byte> piece = std::move(waiting.front());
    waiting.pop_front();
    ahead -= piece.size();
    changed.notify_all();
    return piece;
  }

  void decode_all() {
    while (const auto piece = take()) {
      decode(*piece);
    }
  }

  bool start() {
    auto started = start_thread([this] {
      name_this_thread("cp-check");
      decode_all();
    });
    if (started) {
      thread = std::move(*started);
    }
    return started.has_value();
  }

  void join() {
    changed.notify_all();
    if (thread.joinable()) {
      thread.join();
    }
  }
};

FrameCheck::FrameCheck(CodecContexts* contexts)
    : state_(std::make_unique<State>(contexts)) {}
FrameCheck::FrameCheck(FrameCheck&&) noexcept = default;

FrameCheck::~FrameCheck() {
  if (state_) {
    {
      const std::lock_guard lock(state_->mutex);
      state_->given_up = true;
    }
    state_->join();
  }
}

void FrameCheck::push(std::vector<std::byte> piece) {
  State& state = *state_;
  std::unique_lock lock(state.mutex);
  const bool small = state.waiting.empty() || state.ahead + piece.size() <= k_alone;
  if (!state.thread.joinable() && !small && !state.start()) {
    while (!state.waiting.empty()) { // no thread to be had: here, then
      state.decode(state.waiting.front());
      state.ahead -= state.waiting.front().size();
      state.waiting.pop_front();
    }
  }
  state.changed.wait(
      lock, [&] { return state.ahead == 0 || state.ahead + piece.size() <= k_ahead; });
  state.ahead += piece.size();
  state.waiting.push_back(std::move(piece));
  state.changed.notify_all();
}

Result<DecodedFrame> FrameCheck::finish() {
  State& state = *state_;
  {
    const std::lock_guard lock(state.mutex);
    state.ended = true;
  }
  if (state.thread.joinable()) {
    state.join();
  } else {
    state.decode_all();
  }
  if (state.error) {
    return Fail(std::move(*state.error));
  }
  if (!state.decoder) {
    return Fail(Error{Errc::corrupt, 0, "zstd decode", {}, {"the frame is empty"}});
  }
  TRY(state.decoder->finish());
  return DecodedFrame(
      state.frame.digest(), state.frame_size, state.plain.digest(), state.plain_size);
}

} // namespace coldpress
