#include "fsutil/replace_file.hpp"

#include "fsutil/temp_file.hpp"

namespace coldpress {

namespace {

Result<void> replace_in_two_steps(Fs& fs, TempFile& temp) {
  const std::string& path = temp.target();
  const std::string old = path + ".coldpress-old";
  TRY(fs.link(path, old));
  TRY(fs.sync_dir(parent_dir(path)));
  TRY(fs.unlink(path));
  if (auto named = temp.commit_new(); !named) {
    (void)fs.link(old, path); // as it was, if that can be had
    return named;
  }
  TRY(fs.sync_dir(parent_dir(path)));
  return fs.unlink(old);
}

Result<void> take_place(Fs& fs, TempFile& temp, bool there) {
  if (!there) {
    return temp.commit_new();
  }
  auto old = temp.commit_exchange();
  if (!old && old.error().code == Errc::unsupported) {
    return replace_in_two_steps(fs, temp);
  }
  if (!old) {
    return Fail(std::move(old.error()));
  }
  TRY(fs.sync_dir(parent_dir(temp.target())));
  return fs.unlink(*old);
}

} // namespace

Result<void>
replace_file(Fs& fs, const std::string& path, std::string_view text, std::uint32_t mode) {
  std::string target = path;
  auto stat = fs.lstat(path);
  if (stat && stat->type == FileType::symlink) {
    TRY_ASSIGN(target, fs.real_path(path));
    stat = fs.lstat(target);
  }
  if (!stat && stat.error().code != Errc::not_found) {
    return Fail(std::move(stat.error()));
  }
  if (stat && stat->type != FileType::regular) {
    return Fail(Error{Errc::invalid, 0, "replace", target, {"this is not a file"}});
  }
  // Named from the start: an exchange needs two names.
  auto created = TempFile::create_beside(fs, target, TempFile::Naming::named);
  if (!created) {
    Error error = std::move(created.error());
    error.op = "write";
    error.path = target; // not the one nobody has named
    return Fail(std::move(error));
  }
  TempFile temp = std::move(*created);
  TRY(fs.write_at(temp.handle(), std::as_bytes(std::span(text)), 0));
  if (stat) {
    TRY_ASSIGN(const FileStat made, fs.stat(temp.handle()));
    if (made.uid != stat->uid || made.gid != stat->gid) {
      TRY(fs.set_owner(temp.handle(), stat->uid, stat->gid));
    }
  }
  TRY(fs.set_mode(temp.handle(), stat ? stat->mode : mode));
  TRY(fs.sync_file(temp.handle()));
  TRY(take_place(fs, temp, stat.has_value()));
  return fs.sync_dir(parent_dir(target));
}

} // namespace coldpress
