#include "worker/inspect/doctor_proc.hpp"

#include <doctest/doctest.h>

using namespace coldpress;

TEST_CASE("the holder of a flock is found by the inode, not who waits for it") {
  constexpr std::string_view k_locks =
      "1: POSIX  ADVISORY  WRITE 11 08:02:131075 0 EOF\n"
      "2: FLOCK  ADVISORY  WRITE 4711 08:02:131075 0 EOF\n"
      "2: -> FLOCK  ADVISORY  WRITE 4712 08:02:131075 0 EOF\n"
      "3: FLOCK  ADVISORY  WRITE 0 00:2a:77 0 EOF\n";
  constexpr std::uint64_t k_device = 0x802; // 08:02
  CHECK(flock_holder(k_locks, k_device, 131075) == 4711);
  CHECK_FALSE(flock_holder(k_locks, k_device, 31075).has_value());
  CHECK_FALSE(flock_holder(k_locks, 0x2a, 77).has_value()); // of another pid namespace
  CHECK_FALSE(flock_holder("", k_device, 1).has_value());
  CHECK_FALSE(flock_holder("nonsense\n: FLOCK\n", k_device, 1).has_value());
}

TEST_CASE("a lock on a file of the same number elsewhere is somebody else's") {
  const std::string elsewhere = "1: FLOCK  ADVISORY  WRITE 4711 08:02:131075 0 EOF\n";
  const std::string here = "2: FLOCK  ADVISORY  WRITE 4712 fe:00:131075 0 EOF\n";
  constexpr std::uint64_t k_device = 0xfe00;
  CHECK(flock_holder(elsewhere + here, k_device, 131075) == 4712);
  CHECK_FALSE(flock_holder(elsewhere + here, 0x803, 131075).has_value());
  // Where stat(2) tells another device than the kernel goes by.
  CHECK(flock_holder(here, 0x2b, 131075) == 4712);
}

TEST_CASE("the soft limit of open files is the first of the two") {
  CHECK(open_file_limit(
            "Limit  Soft Limit  Hard Limit  Units\n"
            "Max processes  10  20  processes\n"
            "Max open files            1024                 524288   files\n") == 1024);
  CHECK_FALSE(
      open_file_limit("Max open files  unlimited  unlimited  files\n").has_value());
  CHECK_FALSE(open_file_limit("").has_value());
}

TEST_CASE("memory is told in bytes") {
  CHECK(available_memory("MemTotal: 100 kB\nMemAvailable:     64 kB\n") == 65536);
  CHECK_FALSE(available_memory("MemTotal: 100 kB\n").has_value());
}
