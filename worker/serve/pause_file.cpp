#include "worker/serve/pause_file.hpp"

#include "fsutil/text.hpp"

#include <span>

namespace coldpress {

namespace {

constexpr std::size_t k_limit = 4096; // bytes

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view k_blank = " \t\r\n";
  const std::size_t begin = text.find_first_not_of(k_blank);
  if (begin == std::string_view::npos) {
    return {};
  }
  return text.substr(begin, text.find_last_not_of(k_blank) + 1 - begin);
}

} // namespace

std::string pause_path(const std::string& own_dir) {
  return join_path(own_dir, "pause");
}

Pause look_for_pause(Fs& fs, const std::string& own_dir, WallTime now) {
  const auto text = read_small(fs, pause_path(own_dir), k_limit);
  if (!text) {
    return {text.error().code != Errc::not_found, std::nullopt};
  }
  const auto until = parse_time(trimmed(*text));
  if (!until) {
    return {true, std::nullopt};
  }
  return now < *until ? Pause{true, *until} : Pause{};
}

Result<void>
write_pause(Fs& fs, const std::string& own_dir, std::optional<WallTime> until) {
  TRY(make_dirs(fs, own_dir, 0700));
  TRY_ASSIGN(const FileHandle handle, fs.open_lock(pause_path(own_dir), Create::yes));
  const File file(fs, handle);
  // Cut off in between it is empty, and that is a pause, too.
  TRY(fs.truncate(handle, 0));
  const std::string text = until ? format_time(*until) + "\n" : std::string();
  if (auto put = fs.write_at(handle, std::as_bytes(std::span(text)), 0); !put) {
    return Fail(std::move(put.error()).at(pause_path(own_dir)));
  }
  TRY(fs.sync_file(handle));
  return fs.sync_dir(own_dir);
}

Result<void> remove_pause(Fs& fs, const std::string& own_dir) {
  if (auto removed = fs.unlink(pause_path(own_dir)); !removed) {
    return removed.error().code == Errc::not_found ? Result<void>() : std::move(removed);
  }
  return fs.sync_dir(own_dir);
}

} // namespace coldpress
