#include "tests/support/fault_fs.hpp"

#include <algorithm>
#include <utility>

namespace coldpress {

namespace {

constexpr std::string_view k_unnamed = "(unnamed)";

} // namespace

void FaultFs::fail_call(int nth, Errc code, int sys, Repeat repeat) {
  const std::lock_guard hold(mutex_);
  armed_.push_back({nth, "", code, sys, repeat});
}

void FaultFs::fail_op(std::string_view op, Errc code, int sys, Repeat repeat) {
  const std::lock_guard hold(mutex_);
  armed_.push_back({-1, std::string(op), code, sys, repeat});
}

void FaultFs::cut_appends(std::deque<std::size_t> bytes) {
  const std::lock_guard hold(mutex_);
  append_cuts_ = std::move(bytes);
}

void FaultFs::freeze_from(int nth) {
  const std::lock_guard hold(mutex_);
  freeze_ = nth;
}

void FaultFs::set_hook(Hook hook) {
  const std::lock_guard hold(mutex_);
  hook_ = std::move(hook);
}

void FaultFs::reset() {
  const std::lock_guard hold(mutex_);
  calls_ = 0;
  freeze_.reset();
  armed_.clear();
  hook_ = nullptr;
  log_.clear();
}

int FaultFs::calls() const {
  const std::lock_guard hold(mutex_);
  return calls_;
}

bool FaultFs::frozen() const {
  const std::lock_guard hold(mutex_);
  return freeze_ && calls_ > *freeze_;
}

std::vector<FaultFs::Call> FaultFs::log() const {
  const std::lock_guard hold(mutex_);
  return log_;
}

std::optional<std::size_t>
FaultFs::find(std::string_view op, const std::string& path, std::size_t from) const {
  const std::lock_guard hold(mutex_);
  for (std::size_t at = from; at < log_.size(); ++at) {
    if (log_[at].op == op && log_[at].path == path) {
      return at;
    }
  }
  return std::nullopt;
}

std::optional<Error> FaultFs::refusal(std::string_view op, int call) {
  if (freeze_ && call >= *freeze_) {
    return Error{Errc::canceled, 0, op, {}, {"the process is dead"}};
  }
  for (auto at = armed_.begin(); at != armed_.end(); ++at) {
    const bool forever = at->repeat == Repeat::forever;
    const bool by_number =
        at->op.empty() && (call == at->nth || (forever && call > at->nth));
    if (by_number || at->op == op) {
      const Error error{at->code, at->sys, op, {}, {"injected"}};
      if (!forever) {
        armed_.erase(at);
      }
      return error;
    }
  }
  return std::nullopt;
}

Result<void> FaultFs::gate(std::string_view op, const std::string& path, std::string to) {
  Hook hook;
  {
    const std::lock_guard hold(mutex_);
    if (auto error = refusal(op, calls_++)) {
      error->path = path;
      return Fail(*std::move(error));
    }
    log_.push_back({std::string(op), path, std::move(to)});
    hook = hook_;
  }
  if (hook) {
    hook(op, path);
  }
  return {};
}

std::string FaultFs::path_of(FileHandle file) const {
  const std::lock_guard hold(mutex_);
  const auto found = paths_.find(static_cast<int>(file));
  return found == paths_.end() ? std::string() : found->second;
}

Result<FileHandle> FaultFs::named(Result<FileHandle> opened, std::string path) {
  if (opened) {
    const std::lock_guard hold(mutex_);
    paths_[static_cast<int>(*opened)] = std::move(path);
  }
  return opened;
}

Result<DirId> FaultFs::hold_dir(const std::string& dir) {
  TRY(gate("hold_dir", dir));
  return base_->hold_dir(dir);
}

void FaultFs::drop_dir(const std::string& dir) noexcept {
  base_->drop_dir(dir);
}

Result<DirId> FaultFs::look_up_dir(const std::string& dir) {
  TRY(gate("look_up_dir", dir));
  return base_->look_up_dir(dir);
}

Result<FileHandle> FaultFs::open_read(const std::string& path) {
  TRY(gate("open_read", path));
  return named(base_->open_read(path), path);
}

Result<FileHandle> FaultFs::open_lock(const std::string& path, Create create) {
  TRY(gate("open_lock", path));
  return named(base_->open_lock(path, create), path);
}

Result<FileHandle> FaultFs::open_append(const std::string& path) {
  TRY(gate("open_append", path));
  return named(base_->open_append(path), path);
}

Result<FileHandle> FaultFs::create_new(const std::string& path, std::uint32_t mode) {
  TRY(gate("create_new", path));
  return named(base_->create_new(path, mode), path);
}

Result<FileHandle> FaultFs::create_unnamed(const std::string& dir) {
  TRY(gate("create_unnamed", dir));
  return named(base_->create_unnamed(dir), join_path(dir, k_unnamed));
}

void FaultFs::close(FileHandle file) noexcept {
  const std::string path = path_of(file);
  Hook hook;
  {
    const std::lock_guard hold(mutex_);
    if (!freeze_ || calls_ <= *freeze_) {
      log_.push_back({"close", path, ""});
      hook = hook_;
    }
    paths_.erase(static_cast<int>(file));
  }
  if (hook) {
    hook("close", path);
  }
  base_->close(file);
}

Result<std::size_t>
FaultFs::read_at(FileHandle file, std::span<std::byte> into, std::uint64_t offset) {
  TRY(gate("read_at", path_of(file)));
  return base_->read_at(file, into, offset);
}

Result<void> FaultFs::write_at(FileHandle file,
                               std::span<const std::byte> data,
                               std::uint64_t offset) {
  TRY(gate("write_at", path_of(file)));
  return base_->write_at(file, data, offset);
}

Result<std::size_t> FaultFs::append(FileHandle file, std::span<const std::byte> data) {
  TRY(gate("append", path_of(file)));
  {
    const std::lock_guard hold(mutex_);
    if (!append_cuts_.empty()) {
      data = data.first(std::min(data.size(), append_cuts_.front()));
      append_cuts_.pop_front();
    }
  }
  return base_->append(file, data);
}

Result<void> FaultFs::truncate(FileHandle file, std::uint64_t size) {
  TRY(gate("truncate", path_of(file)));
  return base_->truncate(file, size);
}

Result<void> FaultFs::sync_file(FileHandle file) {
  TRY(gate("sync_file", path_of(file)));
  return base_->sync_file(file);
}

Result<void> FaultFs::sync_dir(const std::string& dir) {
  TRY(gate("sync_dir", dir));
  return base_->sync_dir(dir);
}

Result<FileStat> FaultFs::stat(FileHandle file) {
  TRY(gate("stat", path_of(file)));
  return base_->stat(file);
}

Result<FileStat> FaultFs::lstat(const std::string& path) {
  TRY(gate("lstat", path));
  return base_->lstat(path);
}

Result<void> FaultFs::link_handle(FileHandle file, const std::string& to) {
  TRY(gate("link_handle", path_of(file), to));
  TRY(base_->link_handle(file, to));
  const std::lock_guard hold(mutex_);
  paths_[static_cast<int>(file)] = to;
  return {};
}

Result<void> FaultFs::link(const std::string& from, const std::string& to) {
  TRY(gate("link", from, to));
  return base_->link(from, to);
}

Result<void> FaultFs::rename_new(const std::string& from, const std::string& to) {
  TRY(gate("rename_new", from, to));
  return base_->rename_new(from, to);
}

Result<void> FaultFs::rename_exchange(const std::string& a, const std::string& b) {
  TRY(gate("rename_exchange", a, b));
  return base_->rename_exchange(a, b);
}

Result<void> FaultFs::unlink(const std::string& path) {
  TRY(gate("unlink", path));
  return base_->unlink(path);
}

Result<void> FaultFs::make_dir(const std::string& path, std::uint32_t mode) {
  TRY(gate("make_dir", path));
  return base_->make_dir(path, mode);
}

Result<std::vector<DirEntry>> FaultFs::list_dir(const std::string& path) {
  TRY(gate("list_dir", path));
  return base_->list_dir(path);
}

Result<std::string> FaultFs::real_path(const std::string& path) {
  TRY(gate("real_path", path));
  return base_->real_path(path);
}

Result<SpaceInfo> FaultFs::space(const std::string& path) {
  TRY(gate("space", path));
  return base_->space(path);
}

Result<void> FaultFs::set_mtime(FileHandle file, WallTime mtime) {
  TRY(gate("set_mtime", path_of(file)));
  return base_->set_mtime(file, mtime);
}

Result<void> FaultFs::set_mode(FileHandle file, std::uint32_t mode) {
  TRY(gate("set_mode", path_of(file)));
  return base_->set_mode(file, mode);
}

Result<void> FaultFs::set_owner(FileHandle file, std::uint32_t uid, std::uint32_t gid) {
  TRY(gate("set_owner", path_of(file)));
  return base_->set_owner(file, uid, gid);
}

Result<std::vector<std::string>> FaultFs::list_xattrs(FileHandle file) {
  TRY(gate("list_xattrs", path_of(file)));
  return base_->list_xattrs(file);
}

Result<std::string> FaultFs::get_xattr(FileHandle file, const std::string& name) {
  TRY(gate("get_xattr", path_of(file)));
  return base_->get_xattr(file, name);
}

Result<void>
FaultFs::set_xattr(FileHandle file, const std::string& name, std::string_view value) {
  TRY(gate("set_xattr", path_of(file)));
  return base_->set_xattr(file, name, value);
}

Result<void> FaultFs::remove_xattr(FileHandle file, const std::string& name) {
  TRY(gate("remove_xattr", path_of(file)));
  return base_->remove_xattr(file, name);
}

Result<void>
FaultFs::drop_cache(FileHandle file, std::uint64_t offset, std::uint64_t length) {
  TRY(gate("drop_cache", path_of(file)));
  return base_->drop_cache(file, offset, length);
}

Result<std::uint64_t> FaultFs::cached_bytes(FileHandle file) {
  TRY(gate("cached_bytes", path_of(file)));
  return base_->cached_bytes(file);
}

Result<void> FaultFs::try_lock(FileHandle file) {
  TRY(gate("try_lock", path_of(file)));
  return base_->try_lock(file);
}

Result<void> FaultFs::unlock(FileHandle file) {
  TRY(gate("unlock", path_of(file)));
  return base_->unlock(file);
}

Result<void> FaultFs::set_lease(FileHandle file, LeaseKind kind) {
  TRY(gate("set_lease", path_of(file)));
  return base_->set_lease(file, kind);
}

Result<bool> FaultFs::lease_whole(FileHandle file, LeaseKind kind) {
  TRY(gate("lease_whole", path_of(file)));
  return base_->lease_whole(file, kind);
}

Result<void> FaultFs::drop_lease(FileHandle file) {
  TRY(gate("drop_lease", path_of(file)));
  return base_->drop_lease(file);
}

} // namespace coldpress
