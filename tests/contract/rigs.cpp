#include "tests/contract/rigs.hpp"

#include <filesystem>

namespace coldpress {

void PosixRig::tick() {
  const std::string probe = at(".tick");
  const File file(posix_, must(posix_.create_new(probe, 0600)));
  const WallTime before = must(posix_.stat(file.handle())).ctime;
  while (must(posix_.stat(file.handle())).ctime == before) {
    must(posix_.set_mode(file.handle(), 0600));
  }
  must(posix_.unlink(probe));
}

void PosixRig::symlink(const std::string& name, const std::string& target) {
  std::filesystem::create_symlink(target, at(name));
}

void PosixRig::move(const std::string& from, const std::string& to) {
  std::filesystem::rename(at(from), at(to));
}

File make_file(Fs& fs, const std::string& path, std::string_view bytes) {
  File file(fs, must(fs.create_new(path, 0644)));
  write(fs, file, bytes, 0);
  return file;
}

File open_file(Fs& fs, const std::string& path) {
  return File(fs, must(fs.open_read(path)));
}

void write(Fs& fs, const File& file, std::string_view bytes, std::uint64_t offset) {
  must(fs.write_at(file.handle(), std::as_bytes(std::span(bytes)), offset));
}

std::string contents(Fs& fs, const File& file) {
  std::string text(static_cast<std::size_t>(must(fs.stat(file.handle())).size), '\0');
  const auto into = std::as_writable_bytes(std::span(text));
  CHECK_EQ(must(fs.read_at(file.handle(), into, 0)), text.size());
  return text;
}

std::string contents(Fs& fs, const std::string& path) {
  return contents(fs, open_file(fs, path));
}

bool exists(Fs& fs, const std::string& path) {
  return fs.lstat(path).has_value();
}

std::vector<std::string> names_in(Fs& fs, const std::string& dir) {
  std::vector<std::string> names;
  for (const DirEntry& entry : must(fs.list_dir(dir))) {
    names.push_back(entry.name);
  }
  std::sort(names.begin(), names.end());
  return names;
}

} // namespace coldpress
