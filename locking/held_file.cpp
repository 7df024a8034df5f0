#include "locking/held_file.hpp"

#include "fsutil/file_stamp.hpp"

namespace coldpress {

Result<std::string> read_start(Fs& fs, FileHandle file, std::size_t limit) {
  std::string text(limit, '\0');
  TRY_ASSIGN(const std::size_t size,
             fs.read_at(file, std::as_writable_bytes(std::span(text)), 0));
  text.resize(size);
  return text;
}

Result<void> write_start(Fs& fs, FileHandle file, std::string_view text) {
  return fs.write_at(file, std::as_bytes(std::span(text)), 0);
}

Result<bool> still_named(Fs& fs, FileHandle file, const std::string& path) {
  TRY_ASSIGN(const FileStat open, fs.stat(file));
  auto named = fs.lstat(path);
  if (!named) {
    if (named.error().code == Errc::not_found) {
      return false;
    }
    return Fail(std::move(named.error()));
  }
  return FileStamp::of(open).same_inode(*named);
}

Result<FileHandle> open_existing(Fs& fs, const std::string& path) {
  auto file = fs.open_lock(path, Create::no);
  if (!file && file.error().code == Errc::denied) {
    return fs.open_read(path);
  }
  return file;
}

Result<bool> is_locked(Fs& fs, FileHandle file) {
  auto got = fs.try_lock(file);
  if (!got && got.error().code != Errc::busy) {
    return Fail(std::move(got.error()));
  }
  return !got;
}

} // namespace coldpress
