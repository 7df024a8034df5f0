#include "fsutil/posix_fs_type.hpp"

#include <doctest/doctest.h>

using namespace coldpress;

TEST_CASE("only file systems that are known to be local count as local") {
  for (const std::uint32_t local : {0xef53U, 0x58465342U, 0x9123683eU, 0x01021994U}) {
    CAPTURE(local);
    CHECK(type_of_magic(local).known_local);
  }
  // The last of each kind gives leases that say nothing of other machines: a cluster's,
  // AFS of the kernel, a folder of the host; and what nobody has heard of.
  for (const std::uint32_t other : {0x6969U,
                                    0xff534d42U,
                                    0x65735546U,
                                    0x00c36400U,
                                    0x01161970U,
                                    0x7461636fU,
                                    0x0bd00bd0U,
                                    0x47504653U,
                                    0x5346414fU,
                                    0x6b414653U,
                                    0x786f4256U,
                                    0xbacbacbcU,
                                    0x7c7c6673U,
                                    0xbeefdeadU,
                                    0x00012345U}) {
    CAPTURE(other);
    CHECK_FALSE(type_of_magic(other).known_local);
  }
  CHECK(type_of_magic(0xef53).name == "ext4");
}

TEST_CASE("a file system without a name here is told by its number") {
  CHECK(type_of_magic(0x12345).name == "0x00012345");
}
