#include "tests/explorer/step_fs.hpp"

#include "tests/explorer/records.hpp"

#include <functional>
#include <string_view>

namespace coldpress {

namespace {

std::uint64_t mix(std::uint64_t a, std::uint64_t b) {
  return (a ^ (b + 0x9e3779b97f4a7c15U + (a << 6U) + (a >> 2U))) * 0xff51afd7ed558ccdU;
}

std::uint64_t number(WallTime time) {
  return static_cast<std::uint64_t>(time.time_since_epoch().count());
}

std::uint64_t answer_of(FileHandle) {
  return 1; // handles are numbered anew in each run
}
std::uint64_t answer_of(bool value) {
  return value ? 2 : 1;
}
std::uint64_t answer_of(std::size_t value) {
  return value;
}
std::uint64_t answer_of(const FileStat& stat) {
  return mix(mix(mix(stat.inode, stat.size), mix(number(stat.mtime), number(stat.ctime))),
             mix(stat.links, mix(stat.mode, stat.uid)));
}
std::uint64_t answer_of(const std::vector<DirEntry>& entries) {
  std::uint64_t all = entries.size();
  for (const DirEntry& entry : entries) {
    all += mix(11, std::hash<std::string>{}(entry.name)); // in any order
  }
  return all;
}

template <class T> std::uint64_t digest(const Result<T>& result) {
  if (!result) {
    return mix(7, static_cast<std::uint64_t>(result.error().code));
  }
  if constexpr (std::is_void_v<T>) {
    return 3;
  } else {
    return mix(5, answer_of(*result));
  }
}

template <class T> std::string outcome_of(const Result<T>& result) {
  if (!result) {
    return std::string(": ") + std::string(name_of(result.error().code));
  }
  if constexpr (std::is_same_v<T, bool>) {
    return *result ? ": yes" : ": no";
  }
  return {};
}

bool is_codex_lock(const std::string& path) {
  return path == places().coordination || path == places().maintenance ||
         path == places().thread_lock;
}

} // namespace

template <class Call>
auto StepFs::pass(Effect effect, std::string_view op, const std::string& path, Call call)
    -> decltype(call()) {
  using Answer = decltype(call());
  const std::string what = std::string(op) + " " + path;
  const bool notable = effect.touches != 0 || effect.changes;
  if (notable && !hooks_.dead()) {
    hooks_.before(effect.touches, effect.changes);
  }
  if (hooks_.dead()) {
    return Answer(Fail(Error{Errc::io, 0, "dead", path, {}}));
  }
  Answer answer = call();
  hooks_.answered(mix(std::hash<std::string>{}(what), digest(answer)));
  if (notable && hooks_.log) {
    hooks_.log(what + outcome_of(answer));
  }
  return answer;
}

StepFs::Effect StepFs::look(const std::string& path) {
  return {touched_by(path), false};
}

StepFs::Effect StepFs::change(const std::string& path, const std::string& other) {
  return {touched_by(path) | touched_by(other), true};
}

StepFs::Effect StepFs::sync() const {
  return {0, hooks_.syncs_count};
}

Touches StepFs::contents(const std::string& path) {
  const Touches touches = touched_by(path);
  const Touches file = k_plain | k_retired;
  return (touches & file) != 0 ? touches | file : touches;
}

std::string StepFs::path_of(FileHandle file) const {
  const auto found = opens_.find(file);
  return found == opens_.end() ? std::string() : found->second.path;
}

Result<FileHandle> StepFs::opened(Result<FileHandle> handle, const std::string& path) {
  if (handle) {
    opens_[*handle] = {path, false};
  }
  return handle;
}

void StepFs::close_all() {
  for (const auto& open : opens_) {
    base_.close(open.first);
  }
  opens_.clear();
}

Result<FileHandle> StepFs::open_read(const std::string& path) {
  return pass(
      look(path), "open", path, [&] { return opened(base_.open_read(path), path); });
}

Result<FileHandle> StepFs::open_lock(const std::string& path, Create create) {
  const Effect effect = path == places().thread_lock ? look(path) : Effect{};
  return pass(
      effect, "open", path, [&] { return opened(base_.open_lock(path, create), path); });
}

Result<FileHandle> StepFs::open_append(const std::string& path) {
  return pass(change(path), "open for append", path, [&] {
    return opened(base_.open_append(path), path);
  });
}

Result<FileHandle> StepFs::create_new(const std::string& path, std::uint32_t mode) {
  return pass(change(path), "create", path, [&] {
    return opened(base_.create_new(path, mode), path);
  });
}

Result<FileHandle> StepFs::create_unnamed(const std::string& dir) {
  return pass({}, "create unnamed in", dir, [&] {
    return opened(base_.create_unnamed(dir), dir + "/unnamed");
  });
}

void StepFs::close(FileHandle file) noexcept {
  const auto found = opens_.find(file);
  if (found == opens_.end() || hooks_.dead()) {
    return;
  }
  if (found->second.holds) {
    hooks_.before(touched_by(found->second.path), true);
  }
  if (!hooks_.dead()) {
    opens_.erase(file);
    base_.close(file);
  }
}

Result<std::size_t>
StepFs::read_at(FileHandle file, std::span<std::byte> into, std::uint64_t offset) {
  return pass({}, "read", path_of(file), [&] {
    auto got = base_.read_at(file, into, offset);
    if (got) {
      const std::string_view bytes(reinterpret_cast<const char*>(into.data()), *got);
      hooks_.answered(std::hash<std::string_view>{}(bytes));
    }
    return got;
  });
}

Result<void>
StepFs::write_at(FileHandle file, std::span<const std::byte> data, std::uint64_t offset) {
  return pass(
      {}, "write", path_of(file), [&] { return base_.write_at(file, data, offset); });
}

Result<std::size_t> StepFs::append(FileHandle file, std::span<const std::byte> data) {
  const std::string path = path_of(file);
  return pass({contents(path), true}, "append to", path, [&] {
    return base_.append(file, data);
  });
}

Result<void> StepFs::sync_file(FileHandle file) {
  return pass(sync(), "sync", path_of(file), [&] { return base_.sync_file(file); });
}

Result<void> StepFs::sync_dir(const std::string& dir) {
  return pass(sync(), "sync", dir, [&] { return base_.sync_dir(dir); });
}

Result<FileStat> StepFs::stat(FileHandle file) {
  const std::string path = path_of(file);
  return pass({contents(path), false}, "fstat", path, [&] { return base_.stat(file); });
}

Result<FileStat> StepFs::lstat(const std::string& path) {
  return pass(look(path), "lstat", path, [&] { return base_.lstat(path); });
}

Result<void> StepFs::link_handle(FileHandle file, const std::string& to) {
  return pass(change(to), "link to", to, [&] {
    auto linked = base_.link_handle(file, to);
    if (linked) {
      opens_[file].path = to;
    }
    return linked;
  });
}

Result<void> StepFs::link(const std::string& from, const std::string& to) {
  return pass(change(from, to), "link", to, [&] { return base_.link(from, to); });
}

Result<void> StepFs::rename_new(const std::string& from, const std::string& to) {
  return pass(change(from, to), "rename", from + " to " + to, [&] {
    return base_.rename_new(from, to);
  });
}

Result<void> StepFs::rename_exchange(const std::string& a, const std::string& b) {
  return pass(change(a, b), "exchange", a + " and " + b, [&] {
    return base_.rename_exchange(a, b);
  });
}

Result<void> StepFs::unlink(const std::string& path) {
  return pass(change(path), "unlink", path, [&] { return base_.unlink(path); });
}

Result<void> StepFs::make_dir(const std::string& path, std::uint32_t mode) {
  return pass({}, "mkdir", path, [&] { return base_.make_dir(path, mode); });
}

Result<std::vector<DirEntry>> StepFs::list_dir(const std::string& path) {
  const bool archive = path == parent_dir(places().archived_plain);
  return pass({archive ? k_archive : k_plain | k_frame | k_retired | k_temp, false},
              "list",
              path,
              [&] { return base_.list_dir(path); });
}

Result<void> StepFs::set_mtime(FileHandle file, WallTime mtime) {
  return pass(
      {}, "set times of", path_of(file), [&] { return base_.set_mtime(file, mtime); });
}

Result<void> StepFs::set_mode(FileHandle file, std::uint32_t mode) {
  return pass(
      {}, "set mode of", path_of(file), [&] { return base_.set_mode(file, mode); });
}

Result<void> StepFs::try_lock(FileHandle file) {
  const std::string path = path_of(file);
  const bool codex = is_codex_lock(path);
  if (!codex && hooks_.lock_is_shared) {
    return {};
  }
  return pass(codex ? change(path) : Effect{}, "flock", path, [&] {
    auto locked = base_.try_lock(file);
    opens_[file].holds = codex && locked.has_value();
    return locked;
  });
}

Result<void> StepFs::set_lease(FileHandle file, LeaseKind kind) {
  return pass({contents(path_of(file)), true}, "lease", path_of(file), [&] {
    return base_.set_lease(file, kind);
  });
}

Result<bool> StepFs::lease_whole(FileHandle file, LeaseKind kind) {
  return pass({contents(path_of(file)), false}, "lease whole?", path_of(file), [&] {
    return base_.lease_whole(file, kind);
  });
}

Result<void> StepFs::drop_lease(FileHandle file) {
  return pass({contents(path_of(file)), true}, "drop lease", path_of(file), [&] {
    return base_.drop_lease(file);
  });
}

} // namespace coldpress
