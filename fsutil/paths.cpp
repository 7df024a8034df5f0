// The free functions over Fs that fs.hpp promises.
#include "fsutil/fs.hpp"
#include "fsutil/text.hpp"

namespace coldpress {

std::string parent_dir(const std::string& path) {
  const std::size_t slash = path.find_last_of('/');
  if (slash == std::string::npos) {
    return ".";
  }
  return slash == 0 ? "/" : path.substr(0, slash);
}

std::string base_name(const std::string& path) {
  const std::size_t slash = path.find_last_of('/');
  return slash == std::string::npos ? path : path.substr(slash + 1);
}

std::string join_path(std::string_view dir, std::string_view name) {
  std::string path(dir);
  if (!path.empty() && path.back() != '/') {
    path += '/';
  }
  return path.append(name);
}

Result<HeldDir> HeldDir::hold(Fs& fs, std::string path) {
  TRY_ASSIGN(const DirId id, fs.hold_dir(path));
  return HeldDir(fs, std::move(path), id);
}

HeldDir& HeldDir::operator=(HeldDir&& other) noexcept {
  std::swap(fs_, other.fs_);
  std::swap(path_, other.path_);
  std::swap(id_, other.id_);
  return *this;
}

HeldDir::~HeldDir() {
  if (fs_ != nullptr) {
    fs_->drop_dir(path_);
  }
}

Result<void> HeldDir::check() const {
  TRY_ASSIGN(const DirId now, fs_->look_up_dir(path_));
  if (now != id_) {
    return Fail(Error{Errc::changed,
                      0,
                      "look up directory",
                      path_,
                      {"another directory has taken its place"}});
  }
  return {};
}

Result<bool> is_there(Fs& fs, const std::string& path) {
  const auto found = fs.lstat(path);
  if (!found && found.error().code != Errc::not_found) {
    return Fail(found.error());
  }
  return found.has_value();
}

Result<std::string> read_small(Fs& fs, const std::string& path, std::size_t limit) {
  TRY_ASSIGN(const FileHandle handle, fs.open_read(path));
  const File file(fs, handle);
  std::string text(limit + 1, '\0');
  auto got = fs.read_at(handle, std::as_writable_bytes(std::span(text)), 0);
  if (!got) {
    got.error().path = path;
    return Fail(std::move(got.error()));
  }
  if (*got > limit) {
    return Fail(
        Error{Errc::invalid,
              0,
              "read",
              path,
              {fmt::format("it is larger than the limit of {}", format_size(limit))}});
  }
  text.resize(*got);
  return text;
}

Result<void> check_space(Fs& fs, const std::string& dir, std::uint64_t min_free) {
  TRY_ASSIGN(const SpaceInfo space, fs.space(dir));
  if (space.available < min_free) {
    return Fail(Error{Errc::no_space,
                      0,
                      "check free space",
                      dir,
                      {fmt::format("{} are free, less than limits.min_free ({}); free "
                                   "disk space, or lower that setting for a while",
                                   format_size(space.available),
                                   format_size(min_free))}});
  }
  return {};
}

Result<void> make_dirs(Fs& fs, const std::string& path, std::uint32_t mode) {
  auto made = fs.make_dir(path, mode);
  if (made || made.error().code == Errc::exists) {
    return {};
  }
  const std::string parent = parent_dir(path);
  if (made.error().code != Errc::not_found || parent == path) {
    return made;
  }
  TRY(make_dirs(fs, parent, mode));
  made = fs.make_dir(path, mode);
  return made || made.error().code == Errc::exists ? Result<void>{} : made;
}

} // namespace coldpress
