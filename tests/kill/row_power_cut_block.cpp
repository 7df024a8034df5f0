// row_power_cut_block PROGRAM [TYPE]: the power fails under a real file system, whose
// disk has kept what was flushed and any of what came after.

#include "tests/kill/block_cuts.hpp"
#include "tests/kill/mounts.hpp"

#include <fmt/format.h>

#include <exception>
#include <filesystem>
#include <stdexcept>
#include <vector>

namespace coldpress {
namespace {

constexpr std::uint64_t k_mib = 1024 * 1024;
constexpr CutDepth k_ci{7, 1, 1, 4, 0};
constexpr CutDepth k_full{40, 2, 4, 8, 0};
constexpr CutDepth k_control{12, 1, 0, 0, 0};
constexpr int k_control_rounds = 4; // by chance, a round may lose nothing

// Sizes that give each type the block size of a large disk.
const std::vector<DiskKind> k_disks{
    {"ext4", 512 * k_mib}, {"xfs", 320 * k_mib}, {"btrfs", 256 * k_mib}};

class DiskTrial {
public:
  DiskTrial(const DiskKind& disk, std::string dir, std::string program)
      : disk_(disk), dir_(std::move(dir)), program_(std::move(program)) {}

  // False, with the reason in `why_not`, if this machine cannot do it.
  bool run(Row& row, std::string& why_not) {
    bool first = true;
    for (const CutCase& what : all_cut_cases()) {
      if (!cut(what, full_size() ? k_full : k_ci, row, why_not)) {
        if (!first) {
          throw std::runtime_error(what.what.name + " cannot be tried: " + why_not);
        }
        return false;
      }
      first = false;
    }
    control(row);
    return true;
  }

private:
  bool
  cut(const CutCase& what, const CutDepth& depth, Row& row, std::string& why_not) const {
    std::filesystem::create_directory(dir_);
    const bool could = cut_everywhere(what, disk_, dir_, program_, depth, row, why_not);
    std::filesystem::remove_all(dir_);
    return could;
  }

  // The program's syncs do nothing: whoever does not see that sees nothing.
  void control(Row& row) const {
    Row lies("control", Row::Kind::control);
    std::uint64_t lost = 0;
    CutDepth depth = k_control;
    for (int round = 0; round < k_control_rounds && lost == 0; ++round) {
      for (CutCase& what : all_cut_cases()) {
        std::string why_not;
        what.what.lacks.syncs = true;
        if (what.in_control && !cut(what, depth, lies, why_not)) {
          throw std::runtime_error("the control cannot be tried: " + why_not);
        }
      }
      lost = lies.violations_ending("cannot be read") +
             lies.violations_ending("has other bytes");
      depth.seed += 1'000'000;
    }
    row.figure(disk_.type + "_lost_without_syncs", lost);
    if (lost == 0) {
      row.violation(disk_.type + ": syncs that do nothing are not seen");
    }
  }

  const DiskKind& disk_;
  std::string dir_;
  std::string program_;
};

// Images in memory: what is cut and mounted again a thousand times wears no disk.
class MemoryDir {
public:
  explicit MemoryDir(std::string dir) : dir_(std::move(dir)) {}
  MemoryDir(const MemoryDir&) = delete;
  MemoryDir& operator=(const MemoryDir&) = delete;
  ~MemoryDir() { unmount(dir_); }

  bool mount(std::string& why_not) const {
    return mount_tmpfs(dir_, 6144 * k_mib, why_not);
  }

private:
  std::string dir_;
};

int run(const std::string& program, const std::string& only) {
  if (own_mounts() != MountRights::all) {
    return Row::skipped("power-cut-block", "needs root, and mounts of its own");
  }
  const Scratch scratch(Scratch::On::disk);
  const MemoryDir memory(scratch / "disks");
  std::string why_not;
  if (!memory.mount(why_not)) {
    return Row::skipped("power-cut-block", "no tmpfs: " + why_not);
  }
  Row row("power-cut-block");
  std::string why_none;
  for (const DiskKind& disk : k_disks) {
    if (!only.empty() && disk.type != only) {
      continue;
    }
    why_not.clear();
    const std::uint64_t before = row.tries();
    if (!DiskTrial(disk, scratch / "disks/case", program).run(row, why_not)) {
      fmt::print("  {:<6} not tried: {}\n", disk.type, why_not);
      row.figure(disk.type, "no");
      if (why_none.find(why_not) == std::string::npos) {
        why_none += (why_none.empty() ? "" : "; ") + why_not;
      }
      continue;
    }
    row.figure(disk.type, row.tries() - before);
    std::fflush(stdout);
  }
  return row.tries() == 0 ? Row::skipped("power-cut-block", why_none) : row.finish();
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
