#pragma once

#include <cstdint>
#include <string>

namespace coldpress {

enum class MountRights : std::uint8_t {
  none,
  memory, // tmpfs and overlayfs, as the root of a user namespace of our own
  all,    // root: images, too
};

// Gives this process mounts of its own, which end with it. Call it while it has one
// thread.
MountRights own_mounts();

// Each is false, with the reason in `why_not`, where this machine cannot do it. `dir` is
// made if it is not there.
bool mount_tmpfs(const std::string& dir, std::uint64_t bytes, std::string& why_not);
// An overlay over directories made beside `dir`.
bool mount_overlay(const std::string& dir, std::string& why_not);
// A new file system of that type ("ext4", "xfs", "btrfs") in an image at `dir`.image.
bool mount_image(const std::string& type,
                 const std::string& dir,
                 std::uint64_t bytes,
                 std::string& why_not);
void unmount(const std::string& dir);

// The parts of mount_image(), for an image that outlives its mounts. In `log` is what the
// tools said.
bool make_image(const std::string& type,
                const std::string& image,
                std::uint64_t bytes,
                const std::string& log,
                std::string& why_not);
bool mount_loop(const std::string& type,
                const std::string& image,
                const std::string& dir,
                const std::string& log,
                std::string& why_not);
// All of it written; waits until nobody is in it. Throws if that takes long.
void unmount_now(const std::string& dir);

} // namespace coldpress
