#include "fsutil/posix_fs_type.hpp"

#include <fmt/format.h>

#ifdef __linux__
#include <sys/vfs.h>
#else
#include <sys/mount.h>
#include <sys/param.h>
#endif

#include <algorithm>
#include <array>
#include <string_view>

namespace coldpress {

namespace {

#ifdef __linux__
struct KnownType {
  std::uint32_t number; // statfs(2), linux/magic.h
  std::string_view name;
  bool shared;
};

constexpr std::array k_known{
    KnownType{0x0000ef53, "ext4", false},
    KnownType{0x58465342, "xfs", false},
    KnownType{0x9123683e, "btrfs", false},
    KnownType{0x01021994, "tmpfs", false},
    KnownType{0x794c7630, "overlay", false},
    KnownType{0x2fc12fc1, "zfs", false},
    KnownType{0xf2f52010, "f2fs", false},
    KnownType{0xca451a4e, "bcachefs", false},
    KnownType{0x00004d44, "vfat", false},
    KnownType{0x2011bab0, "exfat", false},
    KnownType{0x7366746e, "ntfs", false},
    KnownType{0x73717368, "squashfs", false},
    KnownType{0x00006969, "nfs", true},
    KnownType{0xff534d42, "cifs", true},
    KnownType{0xfe534d42, "smb2", true},
    KnownType{0x0000517b, "smb", true},
    KnownType{0x01021997, "9p", true},
    KnownType{0x00c36400, "ceph", true},
    KnownType{0x5346414f, "afs", true},
    KnownType{0x65735546, "fuse", true}, // sshfs and the like
};

FileSystemType type_from(const struct statfs& stat) {
  const auto number = static_cast<std::uint32_t>(stat.f_type);
  const auto known =
      std::find_if(k_known.begin(), k_known.end(), [number](const KnownType& type) {
        return type.number == number;
      });
  if (known == k_known.end()) {
    return {fmt::format("0x{:08x}", number), false};
  }
  return {std::string(known->name), known->shared};
}
#else
FileSystemType type_from(const struct statfs& stat) {
  return {stat.f_fstypename, (stat.f_flags & MNT_LOCAL) == 0};
}
#endif

} // namespace

FileSystemType type_of_open(int fd) {
  struct statfs stat {};
  return ::fstatfs(fd, &stat) == 0 ? type_from(stat) : FileSystemType{};
}

FileSystemType type_of_path(const std::string& path) {
  struct statfs stat {};
  return ::statfs(path.c_str(), &stat) == 0 ? type_from(stat) : FileSystemType{};
}

} // namespace coldpress
