#pragma once

#include <cstdint>
#include <string>

namespace coldpress {

// Which file system it is, as the kernel tells.
struct FileSystemType {
  std::string name; // "ext4", its number if it has no name here, empty if not known
  // Only this kernel can change its files, so what it says of who has one open is all
  // there is to say. False for networks, clusters and FUSE, and for what is unknown.
  bool known_local = false;
};

// By the f_type of Linux's statfs(2).
FileSystemType type_of_magic(std::uint32_t number);

FileSystemType type_of_open(int fd);

} // namespace coldpress
