#include "fsutil/group_memory.hpp"
#include "tests/support/fake_clock.hpp"
#include "tests/support/mem_fs.hpp"

#include <doctest/doctest.h>

using namespace coldpress;

namespace {

constexpr std::uint64_t k_mib = 1U << 20U;

struct Machine {
  FakeClock clock;
  MemFs fs{clock};

  void put(const std::string& path, const std::string& text) { fs.put(path, text); }
  void put(const std::string& path, std::uint64_t mebibytes) {
    put(path, std::to_string(mebibytes * k_mib) + "\n");
  }
};

} // namespace

TEST_CASE("no limit is told where there are no control groups, or they have none") {
  Machine machine;
  CHECK_FALSE(read_group_memory(machine.fs));
  machine.put("/proc/self/cgroup", "0::/a/b\n");
  CHECK_FALSE(read_group_memory(machine.fs));
  machine.put("/sys/fs/cgroup/a/memory.max", "max\n");
  CHECK_FALSE(read_group_memory(machine.fs));
}

TEST_CASE("the tightest group on the way up holds, and what it uses is gone from it") {
  Machine machine;
  machine.put("/proc/self/cgroup", "0::/a/b\n");
  machine.put("/sys/fs/cgroup/a/b/memory.max", 900);
  machine.put("/sys/fs/cgroup/a/b/memory.current", 10);
  machine.put("/sys/fs/cgroup/a/memory.max", 1000);
  machine.put("/sys/fs/cgroup/a/memory.current", 700); // by others of the same group
  const auto found = read_group_memory(machine.fs);
  REQUIRE(found);
  CHECK(found->limit == 900 * k_mib);
  CHECK(found->left == 300 * k_mib);
}

TEST_CASE("where a group is slowed down is a limit as well") {
  Machine machine;
  machine.put("/proc/self/cgroup", "0::/a\n");
  machine.put("/sys/fs/cgroup/a/memory.max", 900);
  machine.put("/sys/fs/cgroup/a/memory.high", 200);
  machine.put("/sys/fs/cgroup/a/memory.current", 0);
  CHECK(read_group_memory(machine.fs)->left == 200 * k_mib);
}

TEST_CASE("pages of files that can be dropped are no use of memory") {
  Machine machine;
  machine.put("/proc/self/cgroup", "0::/a\n");
  machine.put("/sys/fs/cgroup/a/memory.max", 500);
  machine.put("/sys/fs/cgroup/a/memory.current", 480);
  machine.put("/sys/fs/cgroup/a/memory.stat",
              "anon 1\nactive_file " + std::to_string(100 * k_mib) + "\ninactive_file " +
                  std::to_string(300 * k_mib) + "\n");
  CHECK(read_group_memory(machine.fs)->left == 420 * k_mib);
}

TEST_CASE("a group that uses more than its limit has nothing left") {
  Machine machine;
  machine.put("/proc/self/cgroup", "0::/a\n");
  machine.put("/sys/fs/cgroup/a/memory.max", 100);
  machine.put("/sys/fs/cgroup/a/memory.current", 130);
  CHECK(read_group_memory(machine.fs)->left == 0);
}

TEST_CASE("in a container the group is the root of what it sees") {
  Machine machine;
  machine.put("/proc/self/cgroup", "0::/\n");
  machine.put("/sys/fs/cgroup/memory.max", 256);
  machine.put("/sys/fs/cgroup/memory.current", 6);
  CHECK(read_group_memory(machine.fs)->left == 250 * k_mib);
}

TEST_CASE("control groups of version 1 are asked where they hold the memory") {
  Machine machine;
  machine.put("/proc/self/cgroup", "5:cpu,memory:/docker/x\n1:name=systemd:/y\n0::/z\n");
  machine.put("/sys/fs/cgroup/z/memory.max", 1);
  // No limit, as version 1 says it.
  machine.put("/sys/fs/cgroup/memory/docker/x/memory.limit_in_bytes",
              "9223372036854771712\n");
  CHECK_FALSE(read_group_memory(machine.fs));
  machine.put("/sys/fs/cgroup/memory/docker/x/memory.limit_in_bytes", 300);
  machine.put("/sys/fs/cgroup/memory/docker/x/memory.usage_in_bytes", 100);
  machine.put("/sys/fs/cgroup/memory/docker/x/memory.stat",
              "total_inactive_file " + std::to_string(50 * k_mib) + "\n");
  const auto found = read_group_memory(machine.fs);
  REQUIRE(found);
  CHECK(found->limit == 300 * k_mib);
  CHECK(found->left == 250 * k_mib);
}
