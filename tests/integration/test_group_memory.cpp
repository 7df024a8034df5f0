#include "tests/integration/codex_home.hpp"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <unistd.h>

#include <filesystem>

using namespace coldpress;

namespace {

// A control group of our own with a limit of memory, as long as this lives.
class MemoryGroup {
public:
  explicit MemoryGroup(std::uint64_t bytes) {
    struct Version {
      std::string mount;
      const char* limit;
    };
    for (const Version& version :
         {Version{"/sys/fs/cgroup/memory", "memory.limit_in_bytes"},
          Version{"/sys/fs/cgroup", "memory.max"}}) {
      const std::string dir = version.mount + "/coldpress-" + std::to_string(::getpid());
      std::error_code failed;
      if (!exists(version.mount) || !std::filesystem::create_directory(dir, failed)) {
        continue;
      }
      if (write_small(dir + "/" + version.limit, std::to_string(bytes))) {
        dir_ = dir;
        return;
      }
      ::rmdir(dir.c_str());
    }
  }
  MemoryGroup(const MemoryGroup&) = delete;
  MemoryGroup& operator=(const MemoryGroup&) = delete;
  ~MemoryGroup() {
    if (!dir_.empty()) {
      ::rmdir(dir_.c_str());
    }
  }

  bool made() const { return !dir_.empty(); }
  // In the new process.
  bool enter() const { return write_small(dir_ + "/cgroup.procs", "0"); }

private:
  static bool write_small(const std::string& path, const std::string& text) {
    const int fd = ::open(path.c_str(), O_WRONLY | O_CLOEXEC);
    if (fd < 0) {
      return false;
    }
    const bool done =
        ::write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size());
    ::close(fd);
    return done;
  }

  std::string dir_;
};

} // namespace

TEST_CASE("a run keeps to the memory of its control group instead of being killed") {
  const MemoryGroup group(std::uint64_t{66} << 20U); // 64 MiB are for the rest of a run
  if (!group.made()) {
    MESSAGE("no control group with a limit of memory can be made here");
    return;
  }
  CodexHome home;
  const std::string rollout = home.add({});
  ProgramStart start = home.compressing();
  start.before_program = [&group] { return group.enter(); };
  const ProgramEnd end = run_program(start);
  CHECK_EQ(end.code, 0);
  CHECK_HAS(end.out, "no_memory");
  CHECK_FALSE(exists(home / (rollout + ".zst")));
  CHECK_EQ(run_program(home.compressing()).code, 0); // in no group
  CHECK(exists(home / (rollout + ".zst")));
}
