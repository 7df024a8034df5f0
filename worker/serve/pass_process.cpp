#include "worker/serve/pass_process.hpp"

#include <uv.h>

#include <array>
#include <csignal>
#include <utility>

namespace coldpress {

namespace {

constexpr int k_signal_exit = 128;
constexpr const char* k_name = "coldpress";

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> out;
  for (std::string& text : texts) {
    out.push_back(text.data());
  }
  out.push_back(nullptr);
  return out;
}

} // namespace

struct PassProcess::State {
  uv_process_t process{};
  uv_pipe_t input{};
  uv_pipe_t output{};
  int open_handles = 0;
  bool exited = false;
  bool at_end = false; // of its output
  int exit_code = 0;
  std::array<char, 16384> buffer{};
  LineCutter cutter;
  Events events; // empty: nobody listens

  template <class Handle> void open(Handle& handle) {
    handle.data = this;
    open_handles += 1;
  }

  template <class Handle> void close(Handle& handle) {
    auto* const base = reinterpret_cast<uv_handle_t*>(&handle);
    if (uv_is_closing(base) == 0) {
      uv_close(base, on_closed);
    }
  }

  static void on_closed(uv_handle_t* handle) {
    auto* const state = static_cast<State*>(handle->data);
    state->open_handles -= 1;
    if (state->open_handles == 0) {
      delete state;
    }
  }

  static void give_buffer(uv_handle_t* handle, std::size_t, uv_buf_t* into) {
    auto& buffer = static_cast<State*>(handle->data)->buffer;
    *into = uv_buf_init(buffer.data(), static_cast<unsigned>(buffer.size()));
  }

  static void on_output(uv_stream_t* stream, ssize_t got, const uv_buf_t* bytes) {
    auto* const state = static_cast<State*>(stream->data);
    if (got > 0 && state->events.line) {
      state->cutter.feed({bytes->base, static_cast<std::size_t>(got)},
                         state->events.line);
    }
    if (got < 0) {
      state->at_end = true;
      state->close(state->output);
      state->end_if_over();
    }
  }

  static void on_exit(uv_process_t* process, std::int64_t status, int signal) {
    auto* const state = static_cast<State*>(process->data);
    state->exited = true;
    state->exit_code = signal != 0 ? k_signal_exit + signal : static_cast<int>(status);
    state->close(state->process);
    state->close(state->input);
    state->end_if_over();
  }

  void end_if_over() {
    if (exited && at_end && events.ended) {
      const auto ended = std::exchange(events, {}).ended;
      ended(exit_code);
    }
  }

  void close_all() {
    close(process);
    close(input);
    close(output);
  }
};

Result<PassProcess>
PassProcess::start(Loop& loop, const PassCommand& command, Events events) {
  std::vector<std::string> words = command.arguments;
  words.insert(words.begin(), k_name);
  std::vector<std::string> variables = command.environment;
  std::vector<char*> argv = pointers(words);
  std::vector<char*> envp = pointers(variables);

  auto* const state = new State;
  state->events = std::move(events);
  state->cutter = LineCutter(command.longest_line);
  uv_pipe_init(loop.handle(), &state->input, 0);
  uv_pipe_init(loop.handle(), &state->output, 0);
  state->open(state->input);
  state->open(state->output);
  std::array<uv_stdio_container_t, 3> streams{};
  streams[0].flags = static_cast<uv_stdio_flags>(UV_CREATE_PIPE | UV_READABLE_PIPE);
  streams[0].data.stream = reinterpret_cast<uv_stream_t*>(&state->input);
  streams[1].flags = static_cast<uv_stdio_flags>(UV_CREATE_PIPE | UV_WRITABLE_PIPE);
  streams[1].data.stream = reinterpret_cast<uv_stream_t*>(&state->output);
  streams[2].flags = UV_INHERIT_FD;
  streams[2].data.fd = 2;
  uv_process_options_t options{};
  options.file = command.program.c_str();
  options.args = argv.data();
  options.env = envp.data();
  options.flags = UV_PROCESS_DETACHED;
  options.stdio_count = static_cast<int>(streams.size());
  options.stdio = streams.data();
  options.exit_cb = State::on_exit;
  const int failed = uv_spawn(loop.handle(), &state->process, &options);
  state->open(state->process); // to be closed, even if it was not started
  if (failed != 0) {
    state->close_all();
    return Fail(Error::from_errno(-failed, "spawn", command.program));
  }
  uv_read_start(reinterpret_cast<uv_stream_t*>(&state->output),
                State::give_buffer,
                State::on_output);
  return PassProcess(state);
}

PassProcess::PassProcess(PassProcess&& other) noexcept
    : state_(std::exchange(other.state_, nullptr)) {}

PassProcess::~PassProcess() {
  if (state_ == nullptr) {
    return;
  }
  kill();
  state_->events = {};
  state_->close_all();
}

void PassProcess::end_input() {
  state_->close(state_->input);
}

void PassProcess::terminate() {
  if (!state_->exited) {
    uv_process_kill(&state_->process, SIGTERM);
  }
}

void PassProcess::kill() {
  if (!state_->exited) {
    uv_process_kill(&state_->process, SIGKILL);
  }
}

std::string this_program(Fs& fs) {
  const std::string self = "/proc/self/exe";
  std::array<char, 4096> path{};
  std::size_t length = path.size();
  if (!fs.lstat(self) && uv_exepath(path.data(), &length) == 0) {
    return {path.data(), length};
  }
  return self;
}

} // namespace coldpress
