#include "tests/kill/mounts.hpp"

#include "tests/kill/program.hpp"

#include <fmt/format.h>
#include <sched.h>
#include <sys/mount.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <thread>

namespace coldpress {

namespace {

namespace stdfs = std::filesystem;

bool write_text(const char* path, const std::string& text) {
  std::ofstream file(path);
  file << text;
  file.close();
  return !file.fail();
}

bool become_root_of_own_namespace() {
  const uid_t uid = ::geteuid();
  const gid_t gid = ::getegid();
  return ::unshare(CLONE_NEWUSER | CLONE_NEWNS) == 0 &&
         write_text("/proc/self/setgroups", "deny") &&
         write_text("/proc/self/uid_map", fmt::format("0 {} 1", uid)) &&
         write_text("/proc/self/gid_map", fmt::format("0 {} 1", gid));
}

bool mounted(int result, std::string& why_not) {
  if (result != 0) {
    why_not = std::strerror(errno);
  }
  return result == 0;
}

// Of the places where a system keeps its tools, and of $PATH.
std::string find_tool(const std::string& name) {
  const char* path = std::getenv("PATH");
  std::stringstream places((path != nullptr ? std::string(path) : "") +
                           ":/usr/sbin:/sbin:/usr/bin:/bin");
  for (std::string place; std::getline(places, place, ':');) {
    const std::string tool = place + "/" + name;
    if (!place.empty() && ::access(tool.c_str(), X_OK) == 0) {
      return tool;
    }
  }
  return {};
}

bool run_tool(Command command, std::string& why_not) {
  const std::string name = command.words[0];
  command.words[0] = find_tool(name);
  if (command.words[0].empty()) {
    why_not = "no " + name + " here";
    return false;
  }
  if (run_program(command).code != 0) {
    const std::string said = text_of(command.log);
    why_not = name + ": " + said.substr(0, said.find('\n'));
    return false;
  }
  return true;
}

} // namespace

MountRights own_mounts() {
  const bool root = ::geteuid() == 0 && ::unshare(CLONE_NEWNS) == 0;
  if (!root && !become_root_of_own_namespace()) {
    return MountRights::none;
  }
  if (::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) {
    return MountRights::none;
  }
  return root ? MountRights::all : MountRights::memory;
}

bool mount_tmpfs(const std::string& dir, std::uint64_t bytes, std::string& why_not) {
  stdfs::create_directories(dir);
  const std::string options = fmt::format("size={}", bytes);
  return mounted(::mount("tmpfs", dir.c_str(), "tmpfs", 0, options.c_str()), why_not);
}

bool mount_overlay(const std::string& dir, std::string& why_not) {
  for (const char* part : {"", ".lower", ".upper", ".work"}) {
    stdfs::create_directories(dir + part);
  }
  const std::string options =
      fmt::format("lowerdir={0}.lower,upperdir={0}.upper,workdir={0}.work", dir);
  return mounted(::mount("overlay", dir.c_str(), "overlay", 0, options.c_str()), why_not);
}

bool mount_image(const std::string& type,
                 const std::string& dir,
                 std::uint64_t bytes,
                 std::string& why_not) {
  stdfs::create_directories(dir);
  const std::string image = dir + ".image";
  const std::string log = dir + ".log";
  return make_image(type, image, bytes, log, why_not) &&
         mount_loop(type, image, dir, log, why_not);
}

bool make_image(const std::string& type,
                const std::string& image,
                std::uint64_t bytes,
                const std::string& log,
                std::string& why_not) {
  std::ofstream(image).close();
  stdfs::resize_file(image, bytes);
  Command make{{"mkfs." + type, "-q", image}, log, {}};
  if (type == "ext4") {
    make.words.insert(make.words.begin() + 1, {"-m", "0"}); // no room kept for root
  }
  return run_tool(make, why_not);
}

bool mount_loop(const std::string& type,
                const std::string& image,
                const std::string& dir,
                const std::string& log,
                std::string& why_not) {
  return run_tool({{"mount", "-t", type, "-o", "loop", image, dir}, log, {}}, why_not);
}

void unmount_now(const std::string& dir) {
  constexpr int k_attempts = 5000;
  for (int attempt = 0; ::umount2(dir.c_str(), 0) != 0; ++attempt) {
    if (errno != EBUSY || attempt == k_attempts) {
      throw std::runtime_error(
          fmt::format("cannot unmount {}: {}", dir, std::strerror(errno)));
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
}

void unmount(const std::string& dir) {
  ::umount2(dir.c_str(), MNT_DETACH);
  std::error_code ignored;
  for (const char* part : {"", ".image", ".log", ".lower", ".upper", ".work"}) {
    stdfs::remove_all(dir + part, ignored);
  }
}

} // namespace coldpress
