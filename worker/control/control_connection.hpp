#pragma once

#include "worker/control/control_server.hpp"

#include <uv.h>

#include <array>
#include <string_view>

namespace coldpress {

// One connection of the control server. Lives on the heap and frees itself when libuv
// has let go of it, some time after close().
class ControlConnection {
public:
  // What it needs of its server, which closes it before it dies itself.
  class Owner {
  public:
    // To be answered by answer(), now or later.
    virtual void asked(ControlConnection& connection, const ControlRequest& request) = 0;
    // No call comes after this one.
    virtual void closing(ControlConnection& connection) = 0;

  protected:
    ~Owner() = default;
  };

  // `id` is given to no other one.
  ControlConnection(uv_loop_t* loop,
                    std::uint64_t id,
                    const ControlLimits& limits,
                    Owner& owner);
  ControlConnection(const ControlConnection&) = delete;
  ControlConnection& operator=(const ControlConnection&) = delete;

  std::uint64_t id() const { return id_; }

  // Accepts from the listener; false if no connection waits.
  bool accept(uv_stream_t* listener);
  Result<std::uint32_t> peer();

  void begin();
  // Says that, as far as it can be said at once, and closes.
  void refuse(const ControlReply& reply);
  void close();

  // The number of the request that is under way: an answer to an earlier one is dropped.
  std::uint64_t request() const { return request_; }
  void answer(std::uint64_t request, const ControlReply& reply);

  std::size_t buffered_bytes() const { return in_.size() + out_.capacity(); }

private:
  enum class Phase : std::uint8_t { reading, answering, writing, closing };
  enum class After : std::uint8_t { go_on, close };

  ~ControlConnection() = default;
  uv_stream_t* stream();
  void next();
  void take_line(std::size_t length);
  void write(const ControlReply& reply, After after);
  void limit(std::chrono::milliseconds time);
  void received(std::ptrdiff_t count);
  void written(int result);
  void closed();

  const std::uint64_t id_;
  const ControlLimits limits_;
  Owner* owner_;
  uv_pipe_t pipe_{};
  uv_timer_t timer_{};
  uv_write_t write_{};
  int open_handles_ = 2;
  Phase phase_ = Phase::reading;
  After after_ = After::go_on;
  std::uint64_t request_ = 0;
  std::array<char, k_control_request_bytes> in_{};
  std::size_t used_ = 0; // of in_
  std::string out_;
};

} // namespace coldpress
