#pragma once

#include <cstdint>
#include <string>

namespace coldpress {

// Which file system it is, as the kernel tells.
struct FileSystemType {
  std::string name; // "ext4", its number if it has no name here, empty if nobody tells
  // Several machines may have it mounted, and the kernel knows only what happens on ours.
  bool shared_between_hosts = false;
};

// By the f_type of Linux's statfs(2).
FileSystemType type_of_magic(std::uint32_t number);

FileSystemType type_of_open(int fd);
FileSystemType type_of_path(const std::string& path);

} // namespace coldpress
