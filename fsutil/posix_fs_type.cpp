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
    // Of clusters.
    KnownType{0x01161970, "gfs2", true},
    KnownType{0x7461636f, "ocfs2", true},
    KnownType{0x0bd00bd0, "lustre", true},
    KnownType{0x47504653, "gpfs", true},
    KnownType{0x19830326, "beegfs", true},
    KnownType{0x20030528, "orangefs", true},
    KnownType{0xaad7aaea, "panfs", true},
    KnownType{0x73757245, "coda", true},
    // Folders of the host that a virtual machine sees.
    KnownType{0x786f4256, "vboxsf", true},
    KnownType{0xbacbacbc, "vmhgfs", true},
};

} // namespace

FileSystemType type_of_magic(std::uint32_t number) {
  const auto known =
      std::find_if(k_known.begin(), k_known.end(), [number](const KnownType& type) {
        return type.number == number;
      });
  if (known == k_known.end()) {
    return {fmt::format("0x{:08x}", number), false};
  }
  return {std::string(known->name), known->shared};
}

namespace {

#ifdef __linux__
FileSystemType type_from(const struct statfs& stat) {
  return type_of_magic(static_cast<std::uint32_t>(stat.f_type));
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
