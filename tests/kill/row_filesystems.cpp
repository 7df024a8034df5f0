// row_filesystems PROGRAM [PLACE]: compress beside writers, kill and restore on each file
// system that this machine has, and where calls are missing.

#include "tests/kill/appenders.hpp"
#include "tests/kill/kill_sweep.hpp"
#include "tests/kill/mounts.hpp"
#include "tests/kill/row.hpp"

#include <fmt/format.h>

#include <exception>
#include <filesystem>

namespace coldpress {
namespace {

constexpr std::uint64_t k_mib = 1024 * 1024;
constexpr int k_rounds = 3;
constexpr int k_full_rounds = 40;
constexpr int k_runs = 4; // beside the writers of one round
constexpr int k_lines = 60;

struct Place {
  std::string name;
  std::string type; // empty: the directory as it is
  std::uint64_t bytes = 0;
  Lacks lacks;
};

// What is asked for, and sizes in which each type has room for all that is appended.
const std::vector<Place>& all_places() {
  static const std::vector<Place> places{
      {"here", "", 0, {}},
      {"tmpfs", "tmpfs", 256 * k_mib, {}},
      {"overlayfs", "overlay", 0, {}},
      {"ext4", "ext4", 256 * k_mib, {}},
      {"xfs", "xfs", 320 * k_mib, {}},
      {"btrfs", "btrfs", 512 * k_mib, {}},
      {"no-leases", "", 0, {true, false, false}},
      {"no-tmpfile", "", 0, {false, true, false}},
      {"no-renameat2", "", 0, {false, false, true}},
      {"bare", "", 0, {true, true, true}},
  };
  return places;
}

bool mount_place(const Place& place,
                 const std::string& dir,
                 MountRights rights,
                 std::string& why_not) {
  const bool memory = place.type == "tmpfs" || place.type == "overlay";
  if (place.type.empty()) {
    std::filesystem::create_directory(dir);
    return true;
  }
  if (rights == MountRights::none || (!memory && rights != MountRights::all)) {
    why_not = "needs root";
    return false;
  }
  return place.type == "tmpfs"     ? mount_tmpfs(dir, place.bytes, why_not)
         : place.type == "overlay" ? mount_overlay(dir, why_not)
                                   : mount_image(place.type, dir, place.bytes, why_not);
}

class Trial {
public:
  Trial(const Place& place, std::string dir, std::string program, bool kill, Row& row)
      : place_(place), dir_(std::move(dir)), program_(std::move(program)), kill_(kill),
        row_(row) {}

  void run() {
    for (int round = 0; round < (full_size() ? k_full_rounds : k_rounds); ++round) {
      beside_writers();
    }
    const auto cases = all_kill_cases({1, 1});
    for (const char* name : {"compress", "restore"}) {
      for (const KillCase& what : cases) {
        if (kill_ && what.name == name) {
          kill_in(what);
        }
      }
    }
  }

  std::uint64_t lines() const { return lines_; }

private:
  // Without leases nothing tells of a file that is open: then only a long grace helps,
  // and the writers that keep one open are not asked for.
  void beside_writers() {
    DiskStore store(dir_ + "/home", program_, DiskStore::Codex::ran);
    for (int number = 1; number <= 6; ++number) {
      store.add(number, k_lines);
    }
    std::vector<std::string> words{"run", "--once", "--cold-after", "0s"};
    Command command =
        store.command(words, place_.lacks, place_.lacks.leases ? "1s" : "0s");
    command.log = dir_ + ".out";
    Appenders writers;
    for (int number = 1; number <= 2 && !place_.lacks.leases; ++number) {
      writers.start(store, number, Root::archived, Appenders::Manner::keeps_open);
    }
    for (int number = 3; number <= 4; ++number) {
      writers.start(store, number, Root::archived, Appenders::Manner::reopens);
    }
    for (int i = 0; i < k_runs; ++i) {
      expect_code(run_program(command), "beside writers");
    }
    lines_ += writers.finish(store);
    row_.tried();
    tell("beside writers", store.unreadable());
    for (int i = 0; i < 2; ++i) { // the second reaps what the first had to wait for
      expect_code(run_program(command), "after the writers");
    }
    tell("after the writers", store.not_clean());
    Command restore = store.command({"restore", "--all"}, place_.lacks);
    restore.log = command.log;
    expect_code(run_program(restore), "restore");
    tell("restore", store.not_clean());
    for (int number = 1; number <= 6; ++number) {
      if (!store.fs().lstat(store.rig().plain(number))) {
        tell("restore", {fmt::format("rollout {} is not plain", number)});
      }
    }
    std::filesystem::remove_all(store.home());
  }

  void kill_in(KillCase what) {
    what.lacks = place_.lacks;
    const std::string dir = dir_ + "/case";
    std::filesystem::create_directory(dir);
    const Depth depth = full_size() ? Depth::all : Depth::sample;
    what.name = place_.name + ", " + what.name;
    kill_everywhere(what, dir, program_, depth, row_);
    std::filesystem::remove_all(dir);
  }

  void expect_code(const Ended& ended, const std::string& when) {
    if (ended.code != 0) {
      tell(when,
           {fmt::format("ends with {} and signal {}\n{}",
                        ended.code,
                        ended.signal,
                        text_of(dir_ + ".out"))});
    }
  }

  void tell(const std::string& when, const std::vector<std::string>& wrong) {
    for (const std::string& line : wrong) {
      row_.violation(place_.name + ", " + when + ": " + line);
    }
  }

  const Place& place_;
  std::string dir_;
  std::string program_;
  bool kill_;
  Row& row_;
  std::uint64_t lines_ = 0;
};

int run(const std::string& program, const std::string& only) {
  const MountRights rights = own_mounts();
  std::string why_no_trace;
  const bool kill = may_trace(why_no_trace);
  Row row("filesystems");
  for (const Place& place : all_places()) {
    if (!only.empty() && place.name != only) {
      continue;
    }
    const Scratch scratch(Scratch::On::disk);
    const std::string dir = scratch / "place";
    std::string why_not;
    if (!mount_place(place, dir, rights, why_not)) {
      fmt::print("  {:<12} not tried: {}\n", place.name, why_not);
      row.figure(place.name, "no");
      continue;
    }
    const std::uint64_t before = row.tries();
    Trial trial(place, dir, program, kill, row);
    trial.run();
    fmt::print("  {:<12} {} tries, {} lines appended\n",
               place.name,
               row.tries() - before,
               trial.lines());
    std::fflush(stdout);
    row.figure(place.name, row.tries() - before);
    unmount(dir);
  }
  if (!kill) {
    row.figure("kill", "no");
  }
  return row.finish();
}

} // namespace
} // namespace coldpress

int main(int argc, char** argv) {
  try {
    return argc == 2 || argc == 3 ? coldpress::run(argv[1], argc == 3 ? argv[2] : "") : 2;
  } catch (const std::exception& error) {
    fmt::print(stderr, "row_filesystems: {}\n", error.what());
    return 1;
  }
}
