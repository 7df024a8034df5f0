#include "worker/control/control_server.hpp"

#include "fsutil/file_stamp.hpp"
#include "fsutil/local_socket.hpp"
#include "fsutil/log.hpp"
#include "worker/control/control_connection.hpp"

#include <algorithm>
#include <cerrno>
#include <utility>
#include <vector>

namespace coldpress {

namespace {

constexpr int k_waiting = 32; // that the kernel lets wait to be accepted

Fail has_it(std::string path) {
  return Fail(Error{Errc::busy,
                    0,
                    "listen",
                    std::move(path),
                    {"another coldpress serve uses it; see coldpress control status"}});
}

Result<File> take_lock(Fs& fs, const std::string& path) {
  const std::string lock_path = path + ".lock";
  TRY_ASSIGN(const FileHandle handle, fs.open_lock(lock_path, Create::yes));
  File lock(fs, handle);
  if (auto locked = fs.try_lock(handle); !locked) {
    return locked.error().code == Errc::busy
               ? has_it(path)
               : Fail(std::move(locked.error()).at(lock_path));
  }
  return lock;
}

// Whoever left a socket here is dead if nobody listens: we hold its lock.
Result<void> clear_name(Fs& fs, const std::string& path) {
  auto found = fs.lstat(path);
  if (!found) {
    return found.error().code == Errc::not_found ? Result<void>()
                                                 : Fail(std::move(found.error()));
  }
  if (found->type != FileType::other) {
    return Fail(Error{Errc::exists,
                      0,
                      "listen",
                      path,
                      {"a file that is not a socket has this name; move it away"}});
  }
  auto live = LocalSocket::connect(path);
  if (live || live.error().code == Errc::busy) {
    return has_it(path);
  }
  if (live.error().sys != ECONNREFUSED) {
    return Fail(std::move(live.error()));
  }
  return fs.unlink(path);
}

void free_listener(uv_handle_t* handle) {
  delete reinterpret_cast<uv_pipe_t*>(handle);
}

uv_stream_t* as_stream(uv_pipe_t* pipe) {
  return reinterpret_cast<uv_stream_t*>(pipe);
}

} // namespace

struct ControlServer::State final : ControlConnection::Owner,
                                    std::enable_shared_from_this<State> {
  State(Fs& files, std::string where, std::uint32_t ours)
      : fs(files), path(std::move(where)), uid(ours) {}

  Result<void> listen(uv_loop_t* loop);
  void close();
  void connected();
  void admit(ControlConnection& connection);
  void answer(std::uint64_t id, std::uint64_t number, const ControlReply& reply);
  void asked(ControlConnection& connection, const ControlRequest& request) override;
  void closing(ControlConnection& connection) override;

  Fs& fs;
  const std::string path;
  const std::uint32_t uid;
  Handler handler;
  ControlLimits limits;
  File lock;
  FileStamp socket; // as it was bound
  uv_pipe_t* listener = nullptr;
  std::uint64_t accepted = 0;
  std::vector<ControlConnection*> connections;
};

Result<void> ControlServer::State::listen(uv_loop_t* loop) {
  TRY_ASSIGN(LocalSocket bound, LocalSocket::bind(path));
  TRY_ASSIGN(const FileStat stat, fs.lstat(path));
  socket = FileStamp::of(stat);
  listener = new uv_pipe_t{};
  uv_pipe_init(loop, listener, 0);
  listener->data = this;
  int result = uv_pipe_open(listener, bound.descriptor());
  if (result == 0) {
    bound.release();
    result = uv_listen(as_stream(listener), k_waiting, [](uv_stream_t* from, int status) {
      if (status == 0 && from->data != nullptr) {
        static_cast<State*>(from->data)->connected();
      }
    });
  }
  if (result < 0) {
    return Fail(Error::from_errno(-result, "listen", path));
  }
  return {};
}

void ControlServer::State::connected() {
  auto* connection = new ControlConnection(listener->loop, ++accepted, limits, *this);
  connections.push_back(connection);
  if (!connection->accept(as_stream(listener))) {
    connection->close();
    return;
  }
  admit(*connection);
}

void ControlServer::State::admit(ControlConnection& connection) {
  const auto peer = connection.peer();
  if (!peer || (*peer != uid && *peer != 0)) {
    log_warn("control socket: closed a connection of {}",
             peer ? fmt::format("user {}", *peer) : describe(peer.error()));
    connection.close();
  } else if (connections.size() > limits.connections) {
    connection.refuse(ControlReply::failed(
        Errc::busy,
        fmt::format("{} others are connected already; try again", limits.connections)));
  } else {
    connection.begin();
  }
}

void ControlServer::State::asked(ControlConnection& connection,
                                 const ControlRequest& request) {
  handler(request,
          [weak = weak_from_this(), id = connection.id(), number = connection.request()](
              const ControlReply& reply) {
            if (const auto self = weak.lock()) {
              self->answer(id, number, reply);
            }
          });
}

void ControlServer::State::answer(std::uint64_t id,
                                  std::uint64_t number,
                                  const ControlReply& reply) {
  const auto asking =
      std::find_if(connections.begin(),
                   connections.end(),
                   [id](const ControlConnection* one) { return one->id() == id; });
  if (asking != connections.end()) {
    (*asking)->answer(number, reply);
  }
}

void ControlServer::State::closing(ControlConnection& connection) {
  std::erase(connections, &connection);
}

void ControlServer::State::close() {
  while (!connections.empty()) {
    connections.back()->close();
  }
  if (listener != nullptr) {
    listener->data = nullptr;
    uv_close(reinterpret_cast<uv_handle_t*>(listener), free_listener);
    // Not one that somebody else has put there.
    if (const auto now = fs.lstat(path); now && socket.same_inode(*now)) {
      (void)fs.unlink(path);
    }
  }
}

Result<ControlServer> ControlServer::open(Loop& loop,
                                          Fs& fs,
                                          std::string path,
                                          std::uint32_t uid,
                                          Handler handler,
                                          ControlLimits limits) {
  auto state = std::make_shared<State>(fs, std::move(path), uid);
  state->handler = std::move(handler);
  state->limits = limits;
  TRY_ASSIGN(state->lock, take_lock(fs, state->path));
  TRY(clear_name(fs, state->path));
  ControlServer server(state);
  TRY(state->listen(loop.handle()));
  return server;
}

ControlServer::ControlServer(std::shared_ptr<State> state) : state_(std::move(state)) {}
ControlServer::ControlServer(ControlServer&&) noexcept = default;

ControlServer::~ControlServer() {
  if (state_) {
    state_->close();
  }
}

std::size_t ControlServer::connections() const {
  return state_->connections.size();
}

std::size_t ControlServer::buffered_bytes() const {
  std::size_t bytes = 0;
  for (const ControlConnection* connection : state_->connections) {
    bytes += connection->buffered_bytes();
  }
  return bytes;
}

} // namespace coldpress
