#include "worker/loop/tree_watch.hpp"

#include "fsutil/fs.hpp"

#include <uv.h>

#include <utility>

namespace coldpress {

struct TreeWatch::State {
  uv_fs_event_t handle{};
  TreeWatch* watch;
};

TreeWatch::TreeWatch(Loop& loop,
                     std::string dir,
                     std::function<void(const std::string&)> changed)
    : loop_(loop), dir_(std::move(dir)), changed_(std::move(changed)) {}

std::string TreeWatch::ensure() {
  if (state_ != nullptr) {
    return {};
  }
  auto* const state = new State{{}, this};
  uv_fs_event_init(loop_.handle(), &state->handle);
  state->handle.data = state;
  const int failed = uv_fs_event_start(
      &state->handle,
      [](uv_fs_event_t* handle, const char* name, int events, int status) {
        if (status == 0 && name != nullptr) {
          static_cast<State*>(handle->data)->watch->take(name, (events & UV_RENAME) != 0);
        }
      },
      dir_.c_str(),
      0);
  state_ = state;
  if (failed == 0) {
    return {};
  }
  close();
  return uv_strerror(failed);
}

void TreeWatch::take(const std::string& name, bool came_or_went) {
  // Its own name: it is gone, and nothing more will come from it.
  if (came_or_went && name == base_name(dir_)) {
    close();
    return;
  }
  changed_(name);
}

void TreeWatch::close() {
  if (state_ != nullptr) {
    uv_close(reinterpret_cast<uv_handle_t*>(&state_->handle),
             [](uv_handle_t* handle) { delete static_cast<State*>(handle->data); });
    state_ = nullptr;
  }
}

TreeWatch::~TreeWatch() {
  close();
}

} // namespace coldpress
