#include "tests/integration/codex_home.hpp"

#include "fsutil/clock.hpp"
#include "fsutil/text.hpp"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <random>
#include <sstream>
#include <stdexcept>

namespace coldpress {

namespace {

constexpr std::time_t k_day = 86'400;

std::string meta_line(const RolloutFile& file) {
  return fmt::format(
      R"({{"timestamp":"{}","type":"session_meta",)"
      R"("payload":{{"id":"{}","timestamp":"{}","cwd":"{}",)"
      R"("originator":"codex_exec","cli_version":"{}","source":"exec"{}}}}})"
      "\n",
      file.begun,
      thread_id(file.number),
      file.begun,
      file.cwd,
      file.cli_version,
      file.more_meta);
}

// Words that a compressor must work for.
std::string words(std::mt19937_64& random) {
  std::string text;
  for (int i = 0; i < 24; ++i) {
    text += fmt::format("word{} ", random() % 997);
  }
  return text;
}

std::string noise(std::size_t bytes, std::mt19937_64& random) {
  std::string text(bytes, ' ');
  for (char& c : text) {
    c = static_cast<char>(random() & 0xffU);
  }
  return text;
}

std::string describe(const std::string& path, Inodes inodes) {
  struct stat stat {};
  if (::lstat(path.c_str(), &stat) != 0) {
    return "gone";
  }
  std::string line = fmt::format("{:o} links {} {}:{} {} bytes mtime {}.{:09}",
                                 stat.st_mode,
                                 S_ISDIR(stat.st_mode) ? 0 : stat.st_nlink,
                                 stat.st_uid,
                                 stat.st_gid,
                                 S_ISDIR(stat.st_mode) ? 0 : stat.st_size,
                                 stat.st_mtim.tv_sec,
                                 stat.st_mtim.tv_nsec);
  if (inodes == Inodes::with) {
    line += fmt::format(" inode {} ctime {}.{:09}",
                        stat.st_ino,
                        stat.st_ctim.tv_sec,
                        stat.st_ctim.tv_nsec);
  }
  if (S_ISREG(stat.st_mode)) {
    line += fmt::format(" {:x}", std::hash<std::string>()(read_file(path)));
  }
  return line;
}

bool is_ignored(const std::string& path, const std::vector<std::string>& ignored) {
  return std::any_of(ignored.begin(), ignored.end(), [&](const std::string& start) {
    return path == start || path.starts_with(start + "/");
  });
}

} // namespace

const std::vector<std::string> k_of_its_own{
    "coldpress", ".tmp", "thread-writer-locks", ""};

std::string thread_id(int number) {
  return fmt::format("0199aaaa-bbbb-7ccc-8ddd-{:012x}", number);
}

std::string file_name(int number) {
  return fmt::format("rollout-2026-01-05T09-{:02}-{:02}-{}.jsonl",
                     number / 60 % 60,
                     number % 60,
                     thread_id(number));
}

std::string days_ago(int days) {
  return format_time(SystemClock().wall() - std::chrono::days(days));
}

std::string turn_line(const std::string& time, const std::string& members) {
  return fmt::format(
      R"({{"timestamp":"{}","type":"turn_context","payload":{{"cwd":"/"{}}}}})"
      "\n",
      time,
      members);
}

std::string rollout_content(const RolloutFile& file) {
  if (file.content) {
    return *file.content;
  }
  std::string content = meta_line(file);
  std::mt19937_64 random(static_cast<std::uint64_t>(file.number));
  if (!file.compressible) {
    return content + noise(file.bytes - std::min(file.bytes, content.size()), random);
  }
  while (content.size() < file.bytes) {
    content +=
        fmt::format(R"({{"timestamp":"2026-01-05T09:00:01.000Z","type":"response_item",)"
                    R"("payload":{{"type":"message","text":"{}"}}}})"
                    "\n",
                    words(random));
  }
  return content;
}

CodexHome::CodexHome() : path_(dir_ / "home") {
  make_dirs(path_ + "/archived_sessions");
  make_dirs(path_ + "/sessions/2026/01/05");
}

std::string CodexHome::add(const RolloutFile& file) {
  const std::string rollout = file.tree + "/" + file_name(file.number);
  const std::string path = *this / rollout;
  write_file(path, rollout_content(file));
  ::chmod(path.c_str(), file.mode);
  set_age(path, file.days_old);
  return rollout;
}

ProgramStart CodexHome::coldpress(std::vector<std::string> words) const {
  words.insert(words.begin(), COLDPRESS_PROGRAM);
  words.insert(words.end(), {"--store", path_});
  return {std::move(words), {{"HOME", outside()}, {"TZ", "UTC"}}};
}

ProgramEnd CodexHome::run(std::vector<std::string> words) const {
  return run_program(coldpress(std::move(words)));
}

ProgramStart CodexHome::compressing(const std::vector<std::string>& more) const {
  std::vector<std::string> words{
      "run", "--once", "--enable", "local_thread_store_compression"};
  // Whatever else the machine does.
  words.insert(words.end(), {"--pressure-io", "off", "--pressure-memory", "off"});
  for (const char* flag : {"--settle", "--reap-grace"}) {
    if (std::find(more.begin(), more.end(), flag) == more.end()) {
      words.insert(words.end(), {flag, "0s"});
    }
  }
  words.insert(words.end(), more.begin(), more.end());
  return coldpress(std::move(words));
}

ProgramEnd CodexHome::compress(const std::vector<std::string>& more) const {
  return run_program(compressing(more));
}

void CodexHome::give_to_ordinary_user() const {
  if (!we_are_root()) {
    return;
  }
  ::chmod(outside().c_str(), 0755);
  std::vector<std::string> paths{path_};
  for (const auto& entry : std::filesystem::recursive_directory_iterator(path_)) {
    paths.push_back(entry.path().string());
  }
  for (const std::string& path : paths) {
    REQUIRE_EQ(::lchown(path.c_str(), k_ordinary_user, k_ordinary_user), 0);
  }
}

ProgramStart CodexHome::as_ordinary_user(ProgramStart start) const {
  const std::string copy = outside() + "/coldpress";
  if (!exists(copy)) {
    std::filesystem::copy_file(COLDPRESS_PROGRAM, copy);
    ::chmod(copy.c_str(), 0755);
  }
  start.command[0] = copy;
  start.as_ordinary_user = true;
  return start;
}

Listing list(const std::string& dir, Inodes inodes) {
  Listing listing{{"", describe(dir, inodes)}};
  for (const auto& entry : std::filesystem::recursive_directory_iterator(dir)) {
    const std::string path = entry.path().string();
    listing[path.substr(dir.size() + 1)] = describe(path, inodes);
  }
  return listing;
}

std::string difference(const Listing& before,
                       const Listing& after,
                       const std::vector<std::string>& ignored) {
  std::string text;
  const auto tell = [&](const Listing& one, const Listing& other, char sign) {
    for (const auto& [path, line] : one) {
      const auto same = other.find(path);
      if (!is_ignored(path, ignored) && (same == other.end() || same->second != line)) {
        text += fmt::format("{} {}: {}\n", sign, path, line);
      }
    }
  };
  tell(before, after, '-');
  tell(after, before, '+');
  return text;
}

bool exists(const std::string& path) {
  struct stat stat {};
  return ::lstat(path.c_str(), &stat) == 0;
}

std::string read_file(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream bytes;
  bytes << in.rdbuf();
  return bytes.str();
}

void write_file(const std::string& path, const std::string& bytes) {
  std::ofstream out(path, std::ios::binary);
  out.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  out.close();
  if (!out) {
    throw std::runtime_error("cannot write " + path);
  }
}

void set_age(const std::string& path, int days, int nanoseconds) {
  const timespec when{::time(nullptr) - days * k_day, nanoseconds};
  const timespec times[2] = {when, when};
  ::utimensat(AT_FDCWD, path.c_str(), times, AT_SYMLINK_NOFOLLOW);
}

void make_dirs(const std::string& path) {
  std::filesystem::create_directories(path);
}

std::string rollout_bytes(const std::string& plain_path) {
  if (exists(plain_path)) {
    return read_file(plain_path);
  }
  const ProgramEnd decoded = run_program({{"zstd", "-dcq", plain_path + ".zst"}, {}});
  return decoded.code == 0 ? decoded.out : "not readable: " + decoded.err;
}

std::vector<std::string> names_ending(const std::string& dir, const std::string& ending) {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(dir)) {
    if (entry.path().string().ends_with(ending)) {
      names.push_back(entry.path().filename().string());
    }
  }
  return names;
}

std::vector<std::string> litter(const std::string& dir) {
  std::vector<std::string> found = names_ending(dir, ".coldpress-part");
  for (std::string& name : names_ending(dir, ".coldpress-retired")) {
    found.push_back(std::move(name));
  }
  for (std::string& name : names_ending(dir, ".jsonl.zst")) {
    if (!names_ending(dir, name.substr(0, name.size() - 4)).empty()) {
      found.push_back("both forms of " + name);
    }
  }
  return found;
}

std::string differing(const std::string& found, const std::string& expected) {
  if (found == expected) {
    return {};
  }
  const auto at =
      std::mismatch(found.begin(), found.end(), expected.begin(), expected.end());
  return fmt::format("{} bytes instead of {}, different from byte {}",
                     found.size(),
                     expected.size(),
                     at.first - found.begin());
}

std::string has(const std::string& text, const std::string& part) {
  return text.find(part) == std::string::npos ? text : part;
}

} // namespace coldpress
