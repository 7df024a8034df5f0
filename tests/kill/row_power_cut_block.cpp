// row_power_cut_block PROGRAM [TYPE]: the power fails under a real file system, whose disk
// keeps what was flushed and any of what came after.

#include "tests/kill/block_cuts.hpp"
#include "tests/kill/mounts.hpp"

#include <fmt/format.h>

#include <chrono>
#include <exception>
#include <filesystem>

namespace coldpress {
namespace {

constexpr std::uint64_t k_mib = 1024 * 1024;

int run(const std::string& program, const std::string& only) {
  const MountRights rights = own_mounts();
  if (rights != MountRights::all) {
    return Row::skipped("power-cut-block", "needs root, and mounts of its own");
  }
  const Scratch scratch(Scratch::On::disk);
  std::string why_not;
  if (!mount_tmpfs(scratch / "disks", 4096 * k_mib, why_not)) {
    return Row::skipped("power-cut-block", "no tmpfs: " + why_not);
  }
  Row row("power-cut-block");
  for (const DiskKind& disk : {DiskKind{"ext4", 64 * k_mib},
                               DiskKind{"xfs", 320 * k_mib},
                               DiskKind{"btrfs", 128 * k_mib}}) {
    if (!only.empty() && disk.type != only) {
      continue;
    }
    for (const bool lie : {false, true}) {
      for (CutCase& what : all_cut_cases()) {
        Row control("c", Row::Kind::control);
        const auto begin = std::chrono::steady_clock::now();
        what.what.lacks.syncs = lie;
        const std::string dir = scratch / "disks/case";
        std::filesystem::create_directory(dir);
        if (!cut_everywhere(what, disk, dir, program, {20, 1}, lie ? control : row, why_not)) {
          fmt::print("{} {}: {}\n", disk.type, what.what.name, why_not);
        }
        std::filesystem::remove_all(dir);
        fmt::print("{} {} lie={} tries={} v={} {} s\n", disk.type, what.what.name, lie, lie?control.tries():row.tries(), control.violations(), std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count());
        std::fflush(stdout);
      }
    }
  }
  unmount(scratch / "disks");
  return row.finish();
}

} // namespace
} // namespace coldpress

int main(int argc, char** argv) {
  try {
    return argc == 2 || argc == 3 ? coldpress::run(argv[1], argc == 3 ? argv[2] : "") : 2;
  } catch (const std::exception& error) {
    fmt::print(stderr, "row_power_cut_block: {}\n", error.what());
    return 1;
  }
}
