#include "tests/bench/corpus/place.hpp"

#include "tests/bench/corpus/lines.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace coldpress::corpus {

Request old_session(Rng& rng, Profile profile, std::uint64_t bytes, std::int64_t now_ms) {
  Request session;
  session.profile = profile;
  session.bytes = bytes;
  session.seed = rng.next();
  const auto minutes = static_cast<std::int64_t>(rng.between(12 * 1440, 210 * 1440));
  session.start_ms = now_ms - minutes * k_minute_ms;
  return session;
}

std::string rollout_path(const std::string& dir, const Request& session, bool archived) {
  const std::string time = format_timestamp(session.start_ms);
  std::string clock = time.substr(11, 8);
  std::replace(clock.begin(), clock.end(), ':', '-');
  const std::string day = time.substr(0, 10);
  std::string folder = dir + "/archived_sessions/";
  if (!archived) {
    folder = dir + "/sessions/" + day + "/";
    std::replace(folder.end() - 11, folder.end(), '-', '/');
  }
  return folder + "rollout-" + day + "T" + clock + "-" + thread_id(session) + ".jsonl";
}

std::int64_t last_write(const Written& file, std::int64_t now_ms) {
  return std::min(file.end_ms, now_ms - 9 * k_day_ms);
}

Result<void> finish_file(const std::string& path, std::uint64_t bytes, std::int64_t ms) {
  if (::truncate(path.c_str(), static_cast<off_t>(bytes)) != 0) {
    return Fail(Error::from_errno(errno, "truncate", path));
  }
  const timespec time{ms / 1000, ms % 1000 * 1'000'000 + 1'357};
  const timespec times[2] = {time, time};
  if (::utimensat(AT_FDCWD, path.c_str(), times, 0) != 0) {
    return Fail(Error::from_errno(errno, "utimensat", path));
  }
  return {};
}

void note(StoreWritten& written, std::uint64_t bytes, bool archived) {
  ++written.files;
  written.bytes += bytes;
  written.archived_files += archived ? 1 : 0;
  written.archived_bytes += archived ? bytes : 0;
}

} // namespace coldpress::corpus
