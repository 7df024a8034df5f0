#include "tests/race/editor.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstring>
#include <stdexcept>

namespace coldpress::race {

namespace {

constexpr std::uint32_t k_small_lines = 100;
constexpr std::uint32_t k_large_lines = 11'000; // 1.2 MiB

std::string proc_path(const Fd& file) {
  return fmt::format("/proc/self/fd/{}", file.get());
}

// Empty where the file system has none.
std::string handle_of(const std::string& path) {
  std::string bytes(sizeof(file_handle) + MAX_HANDLE_SZ, '\0');
  auto* handle = reinterpret_cast<file_handle*>(bytes.data());
  handle->handle_bytes = MAX_HANDLE_SZ;
  int mount = 0;
  return ::name_to_handle_at(AT_FDCWD, path.c_str(), handle, &mount, 0) == 0
             ? bytes
             : std::string();
}

} // namespace

int lines_of(std::uint32_t rollout) {
  return static_cast<int>(rollout % 4 == 0 ? k_large_lines : k_small_lines);
}

std::string mark_of(std::uint32_t writer, std::uint32_t n) {
  return fmt::format("E{}{:06}", writer, n);
}

// A line of two digits, so that "turn 10 " has the length of a mark.
std::size_t place_of(std::uint32_t n, const std::string& text) {
  return text.find(fmt::format("\"turn {} ", 10 + n % 90)) + 1;
}

// --- the way back

BackDoor::BackDoor(const Home& home, std::uint32_t rollout, Way way)
    : way_(way), retired_(home.retired(rollout)) {
  const std::string plain = home.plain(rollout);
  if (way_ == Way::inode) {
    handle_ = handle_of(plain);
    way_ = handle_.empty() ? Way::descriptor : way_; // as on overlayfs
  }
  if (way_ == Way::inode) {
    held_ = Fd(::open(home.path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  } else if (way_ != Way::retired_name) {
    held_ = Fd(
        ::open(plain.c_str(), (way_ == Way::path_only ? O_PATH : O_RDONLY) | O_CLOEXEC));
  }
  if ((way_ != Way::retired_name && !held_) || ::lstat(plain.c_str(), &seen_) != 0) {
    throw std::runtime_error("no way to " + plain);
  }
}

Fd BackDoor::open() const {
  constexpr int k_flags = O_RDWR | O_CLOEXEC;
  if (way_ == Way::inode) {
    std::string handle = handle_;
    return Fd(::open_by_handle_at(
        held_.get(), reinterpret_cast<file_handle*>(handle.data()), k_flags));
  }
  if (way_ == Way::retired_name) {
    return Fd(::open(retired_.c_str(), k_flags));
  }
  return Fd(::open(proc_path(held_).c_str(), k_flags));
}

// --- the editor

void Editor::work() {
  while (!record_.stopped()) {
    offer_one();
    (void)wait_until([this] { return shared_.slots[me_] == 0 || record_.stopped(); },
                     std::chrono::minutes{1});
  }
}

void Editor::offer_one() {
  const std::uint32_t rollout = shared_.next_rollout.fetch_add(1);
  const std::string text = Home::text(rollout, lines_of(rollout));
  home_.make(rollout, lines_of(rollout));
  {
    const BackDoor door(home_, rollout, Way{static_cast<int>(dice_.roll(k_ways))});
    // Some come as soon as the .zst has its name, or the plain file has lost its own.
    const std::uint32_t when = dice_.roll(3);
    shared_.slots[me_] = rollout;
    if (when != 0) {
      const std::string plain = home_.plain(rollout);
      const std::string frame = home_.compressed(rollout);
      const auto has_begun = [&] {
        return when == 1 ? ::access(frame.c_str(), F_OK) == 0
                         : ::access(plain.c_str(), F_OK) != 0;
      };
      (void)wait_until(has_begun, std::chrono::milliseconds{500});
    }
    for (std::uint32_t left = dice_.roll(3) + (when != 0 ? 1 : 0); left > 0; --left) {
      dice_.nap_below(when != 0 ? 5'000 : 120'000);
      edit(door, rollout, text);
    }
  }
  shared_.slots[me_ + k_editors] = rollout;
}

void Editor::edit(const BackDoor& door, std::uint32_t rollout, const std::string& text) {
  const Fd file = door.open();
  struct stat now {};
  if (!file || ::fstat(file.get(), &now) != 0) {
    shared_.collisions += 1;
    return;
  }
  if (now.st_nlink == 0) {
    // Who does not hold it open comes after the grace: the one assumption.
    shared_.collisions += 1;
    if (door.way() == Way::descriptor) {
      fault("a file that was open all the time has no name any more");
    }
    return;
  }
  shared_.rude += 1;
  (void)record_.put(me_, rollout, [&](std::uint32_t n) {
    return overwrite(file, door, place_of(n, text), n);
  });
}

// The three steps in any order in which the bytes are synced when it ends.
bool Editor::overwrite(const Fd& file,
                       const BackDoor& door,
                       std::size_t at,
                       std::uint32_t n) {
  const timespec times[] = {door.seen().st_atim, door.seen().st_mtim};
  const bool sync_first = dice_.roll(2) == 0;
  bool good = put(file, at, mark_of(me_, n));
  dice_.nap_below(dice_.roll(2) == 0 ? 1 : 2'000);
  good = good && (!sync_first || ::fsync(file.get()) == 0);
  good = good && ::futimens(file.get(), times) == 0;
  good = good && (sync_first || ::fsync(file.get()) == 0);
  if (!good) {
    fault("cannot overwrite");
  }
  return good;
}

bool Editor::put(const Fd& file, std::size_t at, const std::string& mark) {
  if (dice_.roll(2) == 0) {
    return ::pwrite(file.get(), mark.data(), mark.size(), static_cast<off_t>(at)) ==
           static_cast<ssize_t>(mark.size());
  }
  const std::size_t length = at + mark.size();
  void* memory =
      ::mmap(nullptr, length, PROT_READ | PROT_WRITE, MAP_SHARED, file.get(), 0);
  if (memory == MAP_FAILED) {
    return false;
  }
  std::memcpy(static_cast<char*>(memory) + at, mark.data(), mark.size());
  const bool synced = ::msync(memory, length, MS_SYNC) == 0;
  return ::munmap(memory, length) == 0 && synced;
}

void Editor::fault(const char* what) {
  fmt::print(stderr, "editor {}: {}\n", me_, what);
  shared_.faults += 1;
}

} // namespace coldpress::race
