#include "tests/race/home.hpp"

#include "fsutil/walk.hpp"
#include "worker/rollout/name.hpp"
#include "worker/rollout/reader.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <set>
#include <stdexcept>

namespace coldpress::race {

namespace {

std::string file_name(std::uint32_t rollout) {
  return "rollout-2025-11-03T10-20-30-" + Home::thread_id(rollout) + ".jsonl";
}

} // namespace

std::optional<std::string> read_form(const std::string& path) {
  PosixFs fs;
  auto reader = RolloutReader::open_exact(fs, path);
  if (!reader) {
    return std::nullopt;
  }
  std::string bytes;
  const Sink sink = [&bytes](std::span<const std::byte> out) -> Result<void> {
    bytes.append(reinterpret_cast<const char*>(out.data()), out.size());
    return {};
  };
  return copy_rollout(*reader, sink) ? std::optional(std::move(bytes)) : std::nullopt;
}

Home::Home(On on) {
  const char* asked = std::getenv("TMPDIR");
  std::string base = asked != nullptr ? asked : "/tmp";
  if (on == On::memory && ::access("/dev/shm", W_OK | X_OK) == 0) {
    base = "/dev/shm";
  }
  path_ = base + "/coldpress-race-XXXXXX";
  if (::mkdtemp(path_.data()) == nullptr) {
    throw std::runtime_error("mkdtemp " + path_);
  }
  path_ = std::filesystem::canonical(path_).string();
  for (const std::string& dir : {dir(Root::active),
                                 dir(Root::archived),
                                 path_ + "/making",
                                 path_ + "/links",
                                 path_ + "/.tmp",
                                 path_ + "/thread-writer-locks"}) {
    std::filesystem::create_directories(dir);
  }
}

Home::~Home() {
  if (keep_) {
    fmt::print(stderr, "kept: {}\n", path_);
    return;
  }
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

void Home::keep() {
  keep_ = true;
}

std::string Home::dir(Root root) const {
  return path_ + (root == Root::archived ? "/archived_sessions" : "/sessions/2025/11/03");
}

Root Home::first_root(std::uint32_t rollout) {
  return rollout % 2 == 0 ? Root::active : Root::archived;
}

std::string Home::thread_id(std::uint32_t rollout) {
  return fmt::format("0199a0b1-0000-7000-8000-{:012}", rollout);
}

std::string Home::plain(std::uint32_t rollout, Root root) const {
  return dir(root) + "/" + file_name(rollout);
}

std::string Home::retired(std::uint32_t rollout) const {
  return dir(first_root(rollout)) + "/" + retired_name(file_name(rollout));
}

std::string Home::other_link(std::uint32_t rollout) const {
  return path_ + "/links/" + file_name(rollout);
}

std::string Home::text(std::uint32_t rollout, int lines) {
  std::string text = fmt::format(
      R"({{"timestamp":"2025-11-03T10:20:30.000Z","type":"session_meta","payload":)"
      R"({{"id":"{}","cwd":"/home/me","cli_version":"0.169.0"}}}})"
      "\n",
      thread_id(rollout));
  for (int i = 0; i < lines; ++i) {
    text += fmt::format(
        R"({{"timestamp":"2025-11-03T10:20:31.000Z","type":"event_msg","payload":)"
        R"({{"type":"agent_message","message":"turn {} of {}"}}}})"
        "\n",
        i,
        rollout);
  }
  return text;
}

void Home::make(std::uint32_t rollout, int lines) const {
  const std::string temp = path_ + "/making/" + file_name(rollout);
  const std::string bytes = text(rollout, lines);
  const int fd = ::open(temp.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  const bool written = fd >= 0 && ::write(fd, bytes.data(), bytes.size()) ==
                                      static_cast<ssize_t>(bytes.size());
  ::close(fd);
  if (!written || ::rename(temp.c_str(), plain(rollout).c_str()) != 0) {
    throw std::runtime_error("cannot make " + plain(rollout));
  }
}

std::optional<std::string> Home::read(std::uint32_t rollout) const {
  for (const char* ending : {"", ".zst"}) {
    for (const Root root :
         {first_root(rollout),
          first_root(rollout) == Root::active ? Root::archived : Root::active}) {
      const std::string path = plain(rollout, root) + ending;
      if (::access(path.c_str(), F_OK) == 0) {
        return read_form(path);
      }
    }
  }
  return std::nullopt;
}

bool Home::stands(std::uint32_t rollout, Root root) const {
  const std::string path = plain(rollout, root);
  return ::access(path.c_str(), F_OK) == 0 ||
         ::access((path + ".zst").c_str(), F_OK) == 0;
}

std::vector<std::string> Home::litter() const {
  std::vector<std::string> names;
  PosixFs fs;
  const auto note = [&names](const std::string&, const DirEntry& entry) {
    const NameKind kind = classify(entry.name);
    if (kind != NameKind::plain && kind != NameKind::compressed) {
      names.push_back(entry.name);
    }
  };
  for (const char* tree : {"/sessions", "/archived_sessions"}) {
    walk(fs, path_ + tree, 8, note, [](const Error&) {});
  }
  return names;
}

std::vector<std::string> Home::pairs() const {
  std::vector<std::string> twice;
  std::set<std::string> seen;
  PosixFs fs;
  const auto note = [&](const std::string&, const DirEntry& entry) {
    const NameKind kind = classify(entry.name);
    if ((kind == NameKind::plain || kind == NameKind::compressed) &&
        !seen.insert(plain_name(entry.name)).second) {
      twice.push_back(entry.name);
    }
  };
  for (const char* tree : {"/sessions", "/archived_sessions"}) {
    walk(fs, path_ + tree, 8, note, [](const Error&) {});
  }
  return twice;
}

} // namespace coldpress::race
