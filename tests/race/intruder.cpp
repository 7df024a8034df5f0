#include "tests/race/intruder.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <unistd.h>

#include <fstream>
#include <stdexcept>
#include <string>

namespace coldpress::race {

Door& new_door() {
  void* memory = ::mmap(
      nullptr, sizeof(Door), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) {
    throw std::runtime_error("mmap of the door");
  }
  return *static_cast<Door*>(memory);
}

bool lease_is_breaking(std::uint64_t inode) {
  std::ifstream locks("/proc/locks");
  const std::string of_file = fmt::format(":{} ", inode);
  for (std::string line; std::getline(locks, line);) {
    if (line.find("BREAKING") != std::string::npos &&
        line.find(of_file) != std::string::npos) {
      return true;
    }
  }
  return false;
}

bool Intruder::await(Stage stage, Stage or_stage) const {
  bool here = false;
  (void)wait_until(
      [&] {
        const Stage now = door_.stage;
        here = now == stage || now == or_stage;
        return here || record_.stopped();
      },
      std::chrono::minutes{2});
  return here;
}

void Intruder::work() {
  while (!record_.stopped()) {
    if (!await(Stage::wanted, Stage::wanted)) {
      continue;
    }
    const std::uint32_t rollout = door_.rollout;
    const Fd path(::open(home_.plain(rollout).c_str(), O_PATH | O_CLOEXEC));
    door_.stage = Stage::ready;
    if (await(Stage::go, Stage::cancel) && door_.stage == Stage::go) {
      door_.stage = Stage::entering;
      intrude(rollout, fmt::format("/proc/self/fd/{}", path.get()));
    }
    door_.stage = Stage::gone;
  }
}

void Intruder::append(int fd, std::uint32_t rollout) {
  constexpr int k_lines = 30;
  for (int i = 0; i < k_lines; ++i) {
    if (!record_.append(fd, me_, rollout, nullptr)) {
      record_.shared().faults += 1;
    }
  }
}

void Intruder::intrude(std::uint32_t rollout, const std::string& door) {
  const Manner manner = door_.manner;
  if (manner == Manner::link) {
    intrude_by_link(rollout, door);
    return;
  }
  Fd file = open_append(door);
  if (manner == Manner::truncate) {
    cut(file.get());
  }
  append(file.get(), rollout);
  if (manner != Manner::append_later) {
    file = Fd();
  }
  door_.stage = Stage::inside;
  await(Stage::leave, Stage::leave);
  if (file) {
    append(file.get(), rollout);
  }
}

void Intruder::intrude_by_link(std::uint32_t rollout, const std::string& door) {
  const std::string other = home_.other_link(rollout);
  // A file that has no name any more cannot get one.
  const bool linked =
      ::linkat(AT_FDCWD, door.c_str(), AT_FDCWD, other.c_str(), AT_SYMLINK_FOLLOW) == 0;
  door_.stage = Stage::inside;
  await(Stage::leave, Stage::leave);
  if (linked) {
    append(open_append(other).get(), rollout);
    ::unlink(other.c_str());
  }
}

void Intruder::cut(int fd) {
  if (::ftruncate(fd, door_.last_line_begin) != 0) {
    record_.shared().faults += 1;
  }
  record_.line(door_.last_writer, door_.last_line).state = LineState::given_up;
}

} // namespace coldpress::race
