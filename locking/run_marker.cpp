#include "locking/run_marker.hpp"

#include "fsutil/text.hpp"
#include "locking/held_file.hpp"

#include <charconv>

namespace coldpress {

namespace {

constexpr std::string_view k_by_us = "coldpress";
constexpr std::size_t k_text_limit = 4096;

// Codex writes `pid=7068 started_at=SystemTime { tv_sec: 1795199618, tv_nsec: 48656 }`
// and a newline; ours is the same with who it is.
std::string marker_text(const ProcessId& self, WallTime now) {
  const auto since = now.time_since_epoch();
  const auto seconds = std::chrono::floor<std::chrono::seconds>(since);
  return fmt::format("pid={} started_at=SystemTime {{ tv_sec: {}, tv_nsec: {} }} by={}\n",
                     self.pid,
                     seconds.count(),
                     (since - seconds).count(),
                     k_by_us);
}

std::uint32_t pid_in(std::string_view text) {
  constexpr std::string_view k_key = "pid=";
  std::uint32_t pid = 0;
  if (text.starts_with(k_key)) {
    text.remove_prefix(k_key.size());
    std::from_chars(text.data(), text.data() + text.size(), pid);
  }
  return pid;
}

std::string by_in(std::string_view text) {
  constexpr std::string_view k_key = " by=";
  const std::size_t at = text.find(k_key);
  if (at == std::string_view::npos) {
    return {};
  }
  text.remove_prefix(at + k_key.size());
  return std::string(text.substr(0, text.find_first_of(" \n")));
}

Result<MarkerInfo> read_marker(Fs& fs, FileHandle file) {
  TRY_ASSIGN(const FileStat stat, fs.stat(file));
  TRY_ASSIGN(std::string text, read_start(fs, file, k_text_limit));
  MarkerInfo info;
  info.pid = pid_in(text);
  info.by = by_in(text);
  info.mtime = stat.mtime;
  info.ours = info.by == k_by_us;
  info.text = std::move(text);
  return info;
}

// The marker made anew, or the one that stands, if it may be had.
Result<File> open_marker(Fs& fs, const std::string& path, MarkerRules rules) {
  constexpr std::uint32_t k_mode = 0666;
  if (auto made = fs.create_new(path, k_mode)) {
    return File(fs, *made);
  } else if (made.error().code != Errc::exists) {
    return Fail(std::move(made.error()));
  }
  auto handle = fs.open_lock(path, Create::no);
  if (!handle) {
    if (handle.error().code == Errc::not_found) {
      handle.error().code = Errc::changed;
    }
    return Fail(std::move(handle.error()));
  }
  File file(fs, *handle);
  TRY_ASSIGN(const MarkerInfo found, read_marker(fs, file.handle()));
  if (marker_blocks(found, rules)) {
    return Fail(
        Error{Errc::busy,
              0,
              "run marker",
              path,
              {fmt::format("Codex (pid {}) has been compressing since {}",
                           found.pid,
                           format_time(found.mtime)),
               "wait until it ends; if that process is not Codex, remove the file"}});
  }
  return file;
}

} // namespace

std::string marker_path(const std::string& codex_home) {
  return join_path(join_path(codex_home, ".tmp"), "rollout-compression.lock");
}

Result<std::optional<MarkerInfo>> peek_marker(Fs& fs, const std::string& codex_home) {
  using Found = std::optional<MarkerInfo>;
  auto handle = fs.open_read(marker_path(codex_home));
  if (!handle) {
    if (handle.error().code == Errc::not_found) {
      return Found();
    }
    return Fail(std::move(handle.error()));
  }
  const File file(fs, *handle);
  TRY_ASSIGN(MarkerInfo info, read_marker(fs, file.handle()));
  return Found(std::move(info));
}

bool marker_blocks(const MarkerInfo& marker, MarkerRules rules) {
  return !marker.ours && rules.marker_only_codex_seen && pid_exists(marker.pid);
}

Result<RunMarker> RunMarker::claim(Fs& fs,
                                   const Clock& clock,
                                   const ProcessId& self,
                                   const std::string& codex_home,
                                   MarkerRules rules) {
  const std::string path = marker_path(codex_home);
  TRY_ASSIGN(File file, open_marker(fs, path, rules));
  TRY_ASSIGN(const bool named, still_named(fs, file.handle(), path));
  if (!named) {
    return Fail(Error{Errc::changed, 0, "run marker", path, {}});
  }
  RunMarker marker(fs, clock, path, std::move(file));
  const std::string text = marker_text(self, clock.wall());
  TRY(fs.truncate(marker.file_.handle(), 0));
  TRY(write_start(fs, marker.file_.handle(), text));
  marker.text_ = text;
  return marker;
}

RunMarker::~RunMarker() {
  if (file_) {
    (void)finish(Success::no);
  }
}

Result<void> RunMarker::confirm() {
  TRY_ASSIGN(const bool named, still_named(*fs_, file_.handle(), path_));
  TRY_ASSIGN(const std::string text, read_start(*fs_, file_.handle(), k_text_limit));
  if (!named || (!text_.empty() && text != text_)) {
    return Fail(Error{Errc::lost_lock,
                      0,
                      "run marker",
                      path_,
                      {"another compressor removed it or took it over"}});
  }
  return {};
}

Result<void> RunMarker::refresh() {
  TRY(confirm());
  return fs_->set_mtime(file_.handle(), clock_->wall());
}

Result<void> RunMarker::finish(Success success) {
  auto done = success == Success::yes ? refresh() : confirm();
  if (done && success == Success::no) {
    done = fs_->unlink(path_);
  }
  file_.reset();
  return done;
}

} // namespace coldpress
