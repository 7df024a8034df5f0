#include "worker/control/control_connection.hpp"

#include "fsutil/local_socket.hpp"
#include "fsutil/text.hpp"

#include <algorithm>
#include <cstring>

namespace coldpress {

namespace {

template <class Handle> ControlConnection& of(Handle* handle) {
  return *static_cast<ControlConnection*>(handle->data);
}

uv_handle_t* as_handle(void* any) {
  return static_cast<uv_handle_t*>(any);
}

uv_buf_t buffer_of(std::string& text) {
  return uv_buf_init(text.data(), static_cast<unsigned>(text.size()));
}

} // namespace

ControlConnection::ControlConnection(uv_loop_t* loop,
                                     std::uint64_t id,
                                     const ControlLimits& limits,
                                     Owner& owner)
    : id_(id), limits_(limits), owner_(&owner) {
  uv_pipe_init(loop, &pipe_, 0); // neither of the two can fail
  uv_timer_init(loop, &timer_);
  pipe_.data = this;
  timer_.data = this;
  write_.data = this;
}

uv_stream_t* ControlConnection::stream() {
  return reinterpret_cast<uv_stream_t*>(&pipe_);
}

bool ControlConnection::accept(uv_stream_t* listener) {
  return uv_accept(listener, stream()) == 0;
}

Result<std::uint32_t> ControlConnection::peer() {
  uv_os_fd_t descriptor = -1;
  if (const int result = uv_fileno(as_handle(&pipe_), &descriptor); result < 0) {
    return Fail(Error::from_errno(-result, "uv_fileno", {}));
  }
  return peer_uid(descriptor);
}

void ControlConnection::begin() {
  next();
}

// Takes the next request out of what was read, or waits for more.
void ControlConnection::next() {
  phase_ = Phase::reading;
  const auto* const end = in_.data() + used_;
  const auto* const newline = std::find<const char*>(in_.data(), end, '\n');
  if (newline != end) {
    take_line(static_cast<std::size_t>(newline - in_.data()));
    return;
  }
  if (used_ == in_.size()) {
    write(ControlReply::failed(Errc::invalid,
                               fmt::format("a request of more than {} bytes; where the "
                                           "next one begins is not known, so this "
                                           "connection ends",
                                           in_.size())),
          After::close);
    return;
  }
  limit(limits_.request);
  const int result = uv_read_start(
      stream(),
      [](uv_handle_t* handle, std::size_t, uv_buf_t* buffer) {
        ControlConnection& self = of(handle);
        *buffer = uv_buf_init(self.in_.data() + self.used_,
                              static_cast<unsigned>(self.in_.size() - self.used_));
      },
      [](uv_stream_t* from, ssize_t count, const uv_buf_t*) {
        of(from).received(count);
      });
  if (result < 0) {
    close();
  }
}

void ControlConnection::received(std::ptrdiff_t count) {
  if (count < 0) {
    close();
    return;
  }
  const std::size_t before = used_;
  used_ += static_cast<std::size_t>(count);
  const auto* const from = in_.data() + before;
  // Half a line: the time it may take goes on running.
  if (used_ < in_.size() &&
      std::find<const char*>(from, from + count, '\n') == from + count) {
    return;
  }
  uv_read_stop(stream());
  next();
}

void ControlConnection::take_line(std::size_t length) {
  const auto request = parse_control_request(std::string_view(in_.data(), length));
  used_ -= length + 1;
  std::memmove(in_.data(), in_.data() + length + 1, used_);
  ++request_;
  if (!request) {
    write(ControlReply::failed(request.error()), After::go_on);
    return;
  }
  phase_ = Phase::answering;
  limit(limits_.answer);
  owner_->asked(*this, *request);
}

void ControlConnection::answer(std::uint64_t request, const ControlReply& reply) {
  if (phase_ == Phase::answering && request == request_) {
    write(reply, After::go_on);
  }
}

void ControlConnection::write(const ControlReply& reply, After after) {
  phase_ = Phase::writing;
  after_ = after;
  out_ = control_line(reply);
  limit(limits_.reading);
  const uv_buf_t buffer = buffer_of(out_);
  if (uv_write(&write_, stream(), &buffer, 1, [](uv_write_t* request, int result) {
        of(request).written(result);
      }) < 0) {
    close();
  }
}

void ControlConnection::written(int result) {
  if (phase_ == Phase::closing) {
    return;
  }
  std::string().swap(out_); // a large answer is not kept for the next one
  if (result < 0 || after_ == After::close) {
    close();
    return;
  }
  next();
}

void ControlConnection::refuse(const ControlReply& reply) {
  std::string line = control_line(reply);
  const uv_buf_t buffer = buffer_of(line);
  uv_try_write(stream(), &buffer, 1);
  close();
}

void ControlConnection::limit(std::chrono::milliseconds time) {
  uv_update_time(pipe_.loop);
  uv_timer_start(
      &timer_,
      [](uv_timer_t* timer) { of(timer).close(); },
      static_cast<std::uint64_t>(std::max<std::int64_t>(time.count(), 0)) + 1,
      0);
}

void ControlConnection::close() {
  if (phase_ == Phase::closing) {
    return;
  }
  phase_ = Phase::closing;
  owner_->closing(*this);
  const auto done = [](uv_handle_t* handle) { of(handle).closed(); };
  uv_close(as_handle(&timer_), done);
  uv_close(as_handle(&pipe_), done);
}

void ControlConnection::closed() {
  if (--open_handles_ == 0) {
    delete this;
  }
}

} // namespace coldpress
