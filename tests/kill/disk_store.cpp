#include "tests/kill/disk_store.hpp"

#include "worker/rollout/name.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <filesystem>
#include <random>
#include <stdexcept>

namespace coldpress {

namespace {

namespace stdfs = std::filesystem;

constexpr std::string_view k_foreign = "somebody else's notes\n";
constexpr std::uint32_t k_mode = 0640;

std::string foreign_path(const StoreRig& rig) {
  return join_path(rig.dir(), "notes.txt");
}

// A line that no encoder makes much smaller than three quarters.
std::string dense_line(std::mt19937_64& random) {
  constexpr std::string_view k_digits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  for (int i = 0; i < 64; ++i) {
    text += k_digits[random() % k_digits.size()];
  }
  return test_line(text);
}

void copy_times(const stdfs::path& from, const stdfs::path& to) {
  struct stat stat {};
  ::lstat(from.c_str(), &stat);
  const std::array<timespec, 2> times{stat.st_atim, stat.st_mtim};
  if (::utimensat(AT_FDCWD, to.c_str(), times.data(), AT_SYMLINK_NOFOLLOW) != 0) {
    throw std::runtime_error("cannot set the times of " + to.string());
  }
}

} // namespace

Scratch::Scratch(On where) {
  const char* asked = std::getenv("TMPDIR");
  std::string base = asked != nullptr ? asked : "/tmp";
  if (where == On::memory && ::access("/dev/shm", W_OK) == 0) {
    base = "/dev/shm";
  }
  std::string name = stdfs::canonical(base).string() + "/coldpress-kill-XXXXXX";
  if (::mkdtemp(name.data()) == nullptr) {
    throw std::runtime_error("cannot make a directory in " + base);
  }
  path_ = name;
}

Scratch::~Scratch() {
  std::error_code ignored;
  stdfs::remove_all(path_, ignored);
}

void copy_tree(const std::string& from, const std::string& to) {
  stdfs::remove_all(to);
  stdfs::copy(from, to, stdfs::copy_options::recursive);
  // Two names of one file stay one file.
  std::map<ino_t, stdfs::path> seen;
  for (const auto& entry : stdfs::recursive_directory_iterator(from)) {
    const stdfs::path twin = to / entry.path().lexically_relative(from);
    struct stat stat {};
    ::lstat(entry.path().c_str(), &stat);
    const auto first = seen.emplace(stat.st_ino, twin);
    if (!first.second) {
      stdfs::remove(twin);
      stdfs::create_hard_link(first.first->second, twin);
    }
    copy_times(entry.path(), twin);
  }
}

DiskStore::DiskStore(std::string home, std::string program, Codex codex)
    : rig_(fs_, clock_, std::move(home)), program_(std::move(program)) {
  if (codex == Codex::ran) {
    rig_.put_codex_locks();
  }
  rig_.put(foreign_path(rig_), k_foreign);
}

void DiskStore::add(int number, int lines, Root root) {
  std::mt19937_64 random(static_cast<std::uint64_t>(number));
  std::string bytes = test_rollout(number, lines);
  for (int i = 0; i < lines; ++i) {
    bytes += dense_line(random);
  }
  const std::string path = rig_.plain(number, root);
  rig_.put(path, bytes);
  if (::chmod(path.c_str(), k_mode) != 0) {
    throw std::runtime_error("chmod failed");
  }
  kept_[number] = {root, std::move(bytes), fs_.lstat(path).value().mtime, k_mode};
}

Command DiskStore::command(const std::vector<std::string>& words,
                           const Lacks& lacks,
                           const std::string& reap_grace) const {
  Command command{{program_}, {}, lacks};
  command.words.insert(command.words.end(), words.begin(), words.end());
  for (const char* word : {"--store",
                           home().c_str(),
                           "--enable",
                           "local_thread_store_compression",
                           "--roots",
                           "archived,active",
                           "--settle",
                           "0s",
                           "--reap-grace",
                           reap_grace.c_str(),
                           "--codec-level",
                           "1",
                           "--min-free",
                           "0",
                           "--pressure-io",
                           "off",
                           "--pressure-memory",
                           "off"}) {
    command.words.emplace_back(word);
  }
  return command;
}

std::vector<std::string> DiskStore::unreadable(const std::vector<int>& excused) const {
  std::vector<std::string> wrong;
  for (const auto& [number, kept] : kept_) {
    const auto bytes = rig_.read(rig_.plain(number, kept.root));
    const bool out = std::find(excused.begin(), excused.end(), number) != excused.end();
    if (!out && (!bytes || *bytes != kept.bytes)) {
      wrong.push_back(fmt::format(
          "rollout {} {}", number, bytes ? "has other bytes" : "cannot be read"));
    }
  }
  return wrong;
}

void DiskStore::check_form(int number,
                           const Kept& kept,
                           std::vector<std::string>& wrong) const {
  const std::string plain = rig_.plain(number, kept.root);
  const auto as_plain = fs_.lstat(plain);
  const auto as_frame = fs_.lstat(compressed_name(plain));
  if (as_plain && as_frame) {
    wrong.push_back(fmt::format("rollout {} has two forms", number));
  }
  if (!as_plain && !as_frame) {
    return; // said already
  }
  const FileStat& stat = as_plain ? *as_plain : *as_frame;
  if (stat.mode != kept.mode || (kept.mtime && stat.mtime != *kept.mtime)) {
    wrong.push_back(fmt::format("rollout {} has other metadata", number));
  }
}

void DiskStore::check_state_dir(std::vector<std::string>& wrong) const {
  const auto names = fs_.list_dir(rig_.state_dir());
  for (const DirEntry& entry : names ? *names : std::vector<DirEntry>{}) {
    if (entry.name != "store.lock" && entry.name != "ledger.sqlite" &&
        entry.name != "orphans") {
      wrong.push_back("left in the state directory: " + entry.name);
    }
  }
  if (const auto orphans = fs_.list_dir(rig_.orphans_dir());
      orphans && !orphans->empty()) {
    wrong.push_back("set aside as an orphan: " + orphans->front().name);
  }
}

std::vector<std::string> DiskStore::not_clean() const {
  std::vector<std::string> wrong = unreadable();
  for (const auto& [number, kept] : kept_) {
    check_form(number, kept, wrong);
  }
  for (const std::string& name : rig_.litter()) {
    if (name != base_name(foreign_path(rig_))) {
      wrong.push_back("left behind: " + name);
    }
  }
  if (text_of(foreign_path(rig_)) != k_foreign) {
    wrong.emplace_back("a foreign file was touched");
  }
  check_state_dir(wrong);
  return wrong;
}

} // namespace coldpress
