// row_full_disk PROGRAM: a run on a disk that has room for nothing, a little, nearly all.

#include "tests/kill/disk_store.hpp"
#include "tests/kill/mounts.hpp"
#include "tests/kill/row.hpp"

#include <fmt/format.h>
#include <sys/statvfs.h>

#include <exception>
#include <fstream>

namespace coldpress {
namespace {

constexpr std::uint64_t k_disk = 12U << 20U;
constexpr std::uint64_t k_block = 4096;
constexpr std::uint64_t k_sizes = 20;
constexpr std::uint64_t k_full_sizes = 200;
constexpr int k_rollouts = 3;
constexpr int k_lines = 1500; // about 400 KiB, a frame of about 150 KiB

std::uint64_t free_bytes(const std::string& dir) {
  struct statvfs space {};
  return ::statvfs(dir.c_str(), &space) == 0 ? space.f_bavail * space.f_frsize : 0;
}

// Leaves so many bytes free in `dir`, as nearly as the file system allows.
void fill_but(const std::string& dir, std::uint64_t left) {
  std::ofstream file(dir + "/ballast", std::ios::binary);
  const std::string block(k_block, 'x');
  while (free_bytes(dir) > left && file.write(block.data(), k_block).flush()) {
  }
}

// Which exit codes a full disk may give: all well, no room for the lock or ledger, some
// rollouts failed.
bool is_documented(const Ended& ended) {
  return ended.code == 0 || ended.code == 1 || ended.code == 3;
}

struct Counts {
  std::uint64_t done = 0;    // runs that found room for all
  std::uint64_t stopped = 0; // runs that did not
};

void try_size(const std::string& program,
              const std::string& dir,
              const std::string& what,
              std::uint64_t left,
              DiskStore::Codex codex,
              Counts& counts,
              Row& row) {
  row.tried();
  const std::string log = dir + ".out";
  DiskStore store(dir + "/home", program, codex);
  for (int number = 1; number <= k_rollouts; ++number) {
    store.add(number, k_lines);
  }
  fill_but(dir, left);
  const std::string when = fmt::format("{}, {} bytes free", what, free_bytes(dir));
  Command command = store.command({"run", "--once", "--jobs", "2"});
  command.log = log;
  const Ended ended = run_program(command);
  for (const std::string& wrong : store.not_clean()) {
    row.violation(when + ": " + wrong);
  }
  if (!is_documented(ended)) {
    row.violation(fmt::format("{}: ends with {} and signal {}\n{}",
                              when,
                              ended.code,
                              ended.signal,
                              text_of(log)));
  }
  (ended.code == 0 ? counts.done : counts.stopped) += 1;
  must(store.fs().unlink(dir + "/ballast"));
  if (const Ended again = run_program(command); again.code != 0) {
    row.violation(fmt::format(
        "{}: with room again it ends with {}\n{}", when, again.code, text_of(log)));
  }
  for (const std::string& wrong : store.not_clean()) {
    row.violation(when + ", with room again: " + wrong);
  }
  for (int number = 1; number <= k_rollouts; ++number) {
    if (!store.fs().lstat(store.rig().compressed(number))) {
      row.violation(when + ", with room again: not compressed");
    }
  }
}

void try_type(const std::string& program, bool image, Counts& counts, Row& row) {
  const std::string what = image ? "ext4" : "tmpfs";
  const Scratch scratch(Scratch::On::disk);
  const std::string dir = scratch / what;
  const std::uint64_t sizes = full_size() ? k_full_sizes : k_sizes;
  for (std::uint64_t i = 0; i < sizes; ++i) {
    // From nothing to room for all frames at once and the ledger.
    const std::uint64_t left = i * (400 * 1024) / (sizes - 1) / k_block * k_block;
    std::string why_not;
    if (!(image ? mount_image("ext4", dir, k_disk, why_not)
                : mount_tmpfs(dir, k_disk, why_not))) {
      row.figure(what, "no(" + why_not + ")");
      return;
    }
    const auto codex = i % 2 == 0 ? DiskStore::Codex::ran : DiskStore::Codex::never_ran;
    try_size(program, dir, what, left, codex, counts, row);
    unmount(dir);
  }
  row.figure(what, sizes);
}

int run(const std::string& program) {
  const MountRights rights = own_mounts();
  if (rights == MountRights::none) {
    return Row::skipped("full-disk", "needs root, or user namespaces, to mount a disk");
  }
  Row row("full-disk");
  Counts counts;
  try_type(program, false, counts, row);
  if (rights == MountRights::all) {
    try_type(program, true, counts, row);
  } else {
    row.figure("ext4", "no(needs-root)");
  }
  row.figure("room_for_all", counts.done);
  row.figure("stopped", counts.stopped);
  return row.finish();
}

} // namespace
} // namespace coldpress

int main(int argc, char** argv) {
  try {
    return argc == 2 ? coldpress::run(argv[1]) : 2;
  } catch (const std::exception& error) {
    fmt::print(stderr, "row_full_disk: {}\n", error.what());
    return 1;
  }
}
