#include "fsutil/posix_fs_type.hpp"

#include <doctest/doctest.h>

using namespace coldpress;

TEST_CASE("what several machines may write to is shared between hosts") {
  for (const std::uint32_t network : {0x6969U, 0xff534d42U, 0x65735546U, 0x00c36400U}) {
    CAPTURE(network);
    CHECK(type_of_magic(network).shared_between_hosts);
  }
  // A file system of a cluster, or a folder of the host, looks like a local one else:
  // the kernel gives leases there, and they say nothing of the others.
  for (const std::uint32_t cluster :
       {0x01161970U, 0x7461636fU, 0x0bd00bd0U, 0x47504653U, 0x786f4256U, 0xbacbacbcU}) {
    CAPTURE(cluster);
    CHECK(type_of_magic(cluster).shared_between_hosts);
  }
  CHECK(type_of_magic(0xef53).name == "ext4");
  CHECK_FALSE(type_of_magic(0xef53).shared_between_hosts);
}

TEST_CASE("a file system without a name here is told by its number") {
  CHECK(type_of_magic(0x12345).name == "0x00012345");
}
