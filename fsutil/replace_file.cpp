#include "fsutil/replace_file.hpp"

#include "fsutil/temp_file.hpp"

namespace coldpress {

namespace {

Result<void> take_place(Fs& fs, TempFile& temp) {
  const auto old = temp.commit_exchange();
  if (old) {
    return fs.unlink(*old);
  }
  switch (old.error().code) {
  case Errc::not_found:
    return temp.commit_new();
  case Errc::unsupported:
    if (const auto gone = fs.unlink(temp.target());
        !gone && gone.error().code != Errc::not_found) {
      return gone;
    }
    return temp.commit_new();
  default:
    return Fail(old.error());
  }
}

} // namespace

Result<void> replace_file(Fs& fs,
                          const std::string& path,
                          std::string_view bytes,
                          std::uint32_t mode) {
  const auto old = fs.lstat(path);
  if (old && old->type == FileType::directory) {
    return Fail(Error{Errc::invalid, 0, "write", path, {"it is a directory"}});
  }
  TRY_ASSIGN(TempFile temp, TempFile::create_beside(fs, path, TempFile::Naming::named));
  TRY(fs.write_at(temp.handle(), std::as_bytes(std::span(bytes)), 0));
  TRY(fs.set_mode(temp.handle(), mode));
  TRY(fs.sync_file(temp.handle()));
  TRY(take_place(fs, temp));
  return fs.sync_dir(parent_dir(path));
}

} // namespace coldpress
