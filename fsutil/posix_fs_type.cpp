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
  bool local;
};

constexpr std::array k_known{
    KnownType{0x0000ef53, "ext4", true}, // ext2 and ext3, too
    KnownType{0x58465342, "xfs", true},
    KnownType{0x9123683e, "btrfs", true},
    KnownType{0x01021994, "tmpfs", true},
    KnownType{0x858458f6, "ramfs", true},
    // Its upper layer cannot be a network's. What is changed in a lower layer behind a
    // mounted overlay is undefined, by the kernel's own documentation.
    KnownType{0x794c7630, "overlay", true},
    KnownType{0x2fc12fc1, "zfs", true},
    KnownType{0xf2f52010, "f2fs", true},
    KnownType{0xca451a4e, "bcachefs", true},
    KnownType{0x3153464a, "jfs", true},
    KnownType{0x52654973, "reiserfs", true},
    KnownType{0x00003434, "nilfs2", true},
    KnownType{0x24051905, "ubifs", true},
    KnownType{0x00004d44, "vfat", true},
    KnownType{0x2011bab0, "exfat", true},
    KnownType{0x7366746e, "ntfs", true},
    KnownType{0x73717368, "squashfs", true},
    KnownType{0xe0f5e1e2, "erofs", true},
    // Known, so that they have a name in messages. Networks:
    KnownType{0x00006969, "nfs", false},
    KnownType{0xff534d42, "cifs", false},
    KnownType{0xfe534d42, "smb2", false},
    KnownType{0x0000517b, "smb", false},
    KnownType{0x01021997, "9p", false},
    KnownType{0x00c36400, "ceph", false},
    KnownType{0x5346414f, "openafs", false},
    KnownType{0x6b414653, "afs", false},
    KnownType{0x73757245, "coda", false},
    KnownType{0x0000564c, "ncpfs", false},
    KnownType{0x65735546, "fuse", false}, // sshfs and the like, and virtiofs
    // Clusters:
    KnownType{0x01161970, "gfs2", false},
    KnownType{0x7461636f, "ocfs2", false},
    KnownType{0x0bd00bd0, "lustre", false},
    KnownType{0x47504653, "gpfs", false},
    KnownType{0x19830326, "beegfs", false},
    KnownType{0x20030528, "orangefs", false},
    KnownType{0xaad7aaea, "panfs", false},
    KnownType{0xbeefdead, "snfs", false},
    KnownType{0xa501fcf5, "vxfs", false},
    // Folders of the host that a virtual machine sees:
    KnownType{0x786f4256, "vboxsf", false},
    KnownType{0xbacbacbc, "vmhgfs", false},
    KnownType{0x7c7c6673, "prl_fs", false},
    KnownType{0x00c0ffee, "hostfs", false},
    // Stacked on another one, which may be any of these:
    KnownType{0x61756673, "aufs", false},
    KnownType{0x0000f15f, "ecryptfs", false},
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
  return {std::string(known->name), known->local};
}

namespace {

#ifdef __linux__
FileSystemType type_from(const struct statfs& stat) {
  return type_of_magic(static_cast<std::uint32_t>(stat.f_type));
}
#else
FileSystemType type_from(const struct statfs& stat) {
  return {stat.f_fstypename, (stat.f_flags & MNT_LOCAL) != 0};
}
#endif

} // namespace

FileSystemType type_of_open(int fd) {
  struct statfs stat {};
  return ::fstatfs(fd, &stat) == 0 ? type_from(stat) : FileSystemType{};
}

} // namespace coldpress
