#include "worker/loop/end_of_input.hpp"

#include <uv.h>

#include <array>
#include <utility>

namespace coldpress {

struct EndOfInput::State {
  uv_pipe_t pipe{};
  std::function<void()> call;
  std::array<char, 256> buffer{};
};

namespace {

constexpr int k_standard_input = 0;

} // namespace

EndOfInput::EndOfInput(Loop& loop, std::function<void()> call) : state_(new State) {
  state_->call = std::move(call);
  state_->pipe.data = state_;
  uv_pipe_init(loop.handle(), &state_->pipe, 0);
  auto* const stream = reinterpret_cast<uv_stream_t*>(&state_->pipe);
  const auto give_buffer = [](uv_handle_t* handle, std::size_t, uv_buf_t* buffer) {
    auto& into = static_cast<State*>(handle->data)->buffer;
    *buffer = uv_buf_init(into.data(), static_cast<unsigned>(into.size()));
  };
  const auto take = [](uv_stream_t* from, ssize_t got, const uv_buf_t*) {
    if (got < 0) {
      uv_read_stop(from);
      static_cast<State*>(from->data)->call();
    }
  };
  const bool open = uv_guess_handle(k_standard_input) == UV_NAMED_PIPE &&
                    uv_pipe_open(&state_->pipe, k_standard_input) == 0 &&
                    uv_read_start(stream, give_buffer, take) == 0;
  if (!open) {
    loop.after(std::chrono::milliseconds{0}, state_->call);
  }
}

EndOfInput::~EndOfInput() {
  uv_close(reinterpret_cast<uv_handle_t*>(&state_->pipe),
           [](uv_handle_t* handle) { delete static_cast<State*>(handle->data); });
}

} // namespace coldpress
