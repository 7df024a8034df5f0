#include "tests/kill/block_cuts.hpp"

#include "tests/kill/aftermath.hpp"
#include "tests/kill/appenders.hpp"
#include "tests/kill/disk_image.hpp"
#include "tests/kill/logged_disk.hpp"
#include "tests/kill/mounts.hpp"
#include "tests/kill/write_log.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/btrfs.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <ctime>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <stdexcept>
#include <thread>

namespace coldpress {

namespace {

constexpr int k_open_writer = 50;   // its rollout; those of the reopeners follow
constexpr int k_written_lines = 40; // of each writer's rollout, before

// What one writer was told to be on the disk: from that place of the log on, so much.
struct Synced {
  std::uint64_t place = 0;
  std::uint64_t bytes = 0;
};

struct Writer {
  std::string before;
  std::string after; // with all that it has appended
  std::vector<Synced> synced;

  // What must stand there after a cut before that place: whatever stands there, if it
  // begins with all that was synced. What was not may be anything; ext4 leaves zeros.
  std::string expected(std::uint64_t place, const std::optional<std::string>& found) {
    std::string kept = before;
    for (const Synced& mark : synced) {
      if (mark.place < place) {
        kept = after.substr(0, before.size() + mark.bytes);
      }
    }
    return found && found->starts_with(kept) ? *found : kept;
  }
};

// One recorded life of a disk.
struct Tape {
  std::string base; // the image at its begin; moves on as the tape is played
  std::string log;
  std::string when;
  // What the writers had synced by this place of the first log counts. Empty: it is the
  // first, and each cut has a place of its own.
  std::optional<std::uint64_t> synced_by;
};

// The file system's own commit, which comes every 30 s and takes names without the bytes
// that are not written yet. ext4 and xfs do as much for the fsync() of any file.
void commit_btrfs(int fd) {
  __u64 transaction = 0;
  if (::ioctl(fd, BTRFS_IOC_START_SYNC, &transaction) == 0) {
    (void)::ioctl(fd, BTRFS_IOC_WAIT_SYNC, &transaction);
  }
}

class BlockCuts {
public:
  BlockCuts(const CutCase& what,
            const DiskKind& disk,
            const std::string& dir,
            const std::string& program,
            Row& row)
      : what_(what), disk_(disk), place_(dir + "/place"), base_(dir + "/base"),
        image_(dir + "/image"), log_(dir + "/log"), served_(dir + "/served"),
        tools_(dir + "/tools"), program_(program), row_(row) {}

  bool prepare(std::string& why_not) {
    std::filesystem::create_directories(place_);
    if (!make_image(disk_.type, image_, disk_.bytes, tools_, why_not) ||
        !mount(image_, why_not)) {
      return false;
    }
    store_.emplace(place_ + "/home", program_, what_.what.codex);
    what_.what.prepare(*store_);
    for (int i = 0; i <= what_.reopeners; ++i) {
      store_->add(k_open_writer + i, k_written_lines, Root::active);
      writers_[k_open_writer + i].before = store_->content(k_open_writer + i);
    }
    unmount_now(place_);
    copy_sparse(image_, base_);
    return true;
  }

  // The undisturbed run, beside the writers.
  bool record(std::string& why_not) {
    Appenders appenders;
    const Command command = store_->command(what_.what.words, what_.what.lacks);
    const auto begin = [&] {
      for (auto& [number, writer] : writers_) {
        start(appenders, number, writer);
      }
    };
    const auto end = [&] {
      appenders.finish(*store_);
      for (auto& [number, writer] : writers_) {
        writer.after = store_->content(number);
      }
    };
    if (!record(command, log_, undisturbed(), begin, end, why_not)) {
      return false;
    }
    expect_whole(base_, log_);
    return true;
  }

  void replay(const CutDepth& depth) {
    play({base_, log_, undisturbed(), std::nullopt}, depth);
  }

private:
  std::string undisturbed() const { return disk_.type + ", " + what_.what.name; }

  bool mount(const std::string& image, std::string& why_not) {
    return mount_loop(disk_.type, image, place_, tools_, why_not);
  }

  // Runs a command on the image while its disk is logged.
  bool record(Command command,
              const std::string& log,
              const std::string& when,
              const std::function<void()>& begin,
              const std::function<void()>& end,
              std::string& why_not) {
    const auto disk = LoggedDisk::start(served_, image_, log, why_not);
    if (!disk || !mount(disk->file(), why_not)) {
      return false;
    }
    begin();
    command.log = tools_ + ".run";
    const Ended ended = run_program(command);
    end();
    if (ended.code != 0) {
      row_.violation(fmt::format("{}: it ends with code {} and signal {}\n{}",
                                 when,
                                 ended.code,
                                 ended.signal,
                                 text_of(command.log)));
    }
    unmount_now(place_);
    disk->stop();
    return true;
  }

  // What cannot be made again from the log was never cut.
  void expect_whole(const std::string& base, const std::string& log) const {
    const std::string again = image_ + ".again";
    copy_sparse(base, again);
    const WriteLog whole(log);
    for (const auto& window : whole.windows()) {
      whole.apply(window, OpenImage(again).fd());
    }
    if (!is_same_image(again, image_)) {
      throw std::runtime_error("the log has not all that its disk was told");
    }
    std::filesystem::remove(again);
  }

  void start(Appenders& appenders, int number, Writer& writer) {
    const auto manner = number == k_open_writer ? Appenders::Manner::keeps_open
                                                : Appenders::Manner::reopens;
    appenders.start(*store_,
                    number,
                    Root::active,
                    manner,
                    [this, &writer](int fd, std::uint64_t appended) {
                      if (::fsync(fd) == 0) {
                        writer.synced.push_back({log_place(log_), appended});
                      }
                      if (writer.synced.size() % 3 == 0) {
                        commit_btrfs(fd);
                      }
                      std::this_thread::sleep_for(std::chrono::milliseconds(2));
                    });
  }

  // A cut that keeps all of a window is one that keeps nothing of the next.
  void play(const Tape& tape, const CutDepth& depth) {
    const WriteLog log(tape.log);
    const auto& windows = log.windows();
    const std::size_t all = windows.size();
    const OpenImage base(tape.base);
    const std::set<std::size_t> places = places_in(windows, depth.places);
    const std::set<std::size_t> places_cut_again = spread(depth.again, places.size());
    std::size_t tried = 0;
    for (std::size_t i = 0; i < all; ++i) {
      const auto& window = windows[i];
      const std::uint64_t synced_by = tape.synced_by.value_or(window.end);
      const std::string when = fmt::format("{}, flush {} of {}", tape.when, i, all);
      if (places.count(i) != 0) {
        copy_sparse(tape.base, image_);
        cut(when, synced_by);
        for (int chance = 0; chance < depth.chances && !window.writes.empty(); ++chance) {
          const std::uint64_t seed =
              depth.seed + i * 1000 + static_cast<std::uint64_t>(chance);
          make_image_by_chance(tape, log, window, seed);
          cut(fmt::format("{}, chance {}", when, seed), synced_by);
        }
        if (places_cut_again.count(tried++) != 0) {
          make_image_by_chance(tape, log, window, depth.seed + i);
          cut_again(when, synced_by, depth);
        }
      }
      log.apply(window, base.fd());
    }
  }

  void make_image_by_chance(const Tape& tape,
                            const WriteLog& log,
                            const WriteLog::Window& window,
                            std::uint64_t seed) {
    std::mt19937_64 random(seed);
    copy_sparse(tape.base, image_);
    log.apply_some(window, OpenImage(image_).fd(), random);
  }

  // The power comes back to what is in the image, and stays.
  void cut(const std::string& when, std::uint64_t synced_by) {
    row_.tried();
    std::string why_not;
    if (!mount(image_, why_not)) {
      row_.violation(when + ": cannot be mounted: " + why_not);
      return;
    }
    age_store_lock();
    for (auto& [number, writer] : writers_) {
      const auto found = store_->rig().read(store_->rig().plain(number, Root::active));
      store_->set_content(number, writer.expected(synced_by, found));
    }
    check_aftermath(
        *store_, what_.what.lacks, what_.what.excused, when, tools_ + ".again", row_);
    unmount_now(place_);
  }

  // An hour later, that is. A lock file whose bytes are lost counts for some minutes, for
  // its holder may be anybody.
  void age_store_lock() const {
    const std::string lock = store_->rig().state_dir() + "/store.lock";
    const timespec then{::time(nullptr) - 3600, 0};
    const std::array<timespec, 2> times{then, then};
    (void)::utimensat(AT_FDCWD, lock.c_str(), times.data(), 0); // there may be none
  }

  // It comes back, and fails again while the next pass puts things right.
  void
  cut_again(const std::string& when, std::uint64_t synced_by, const CutDepth& depth) {
    const Tape again{base_ + ".again", log_ + ".again", when + ", then", synced_by};
    copy_sparse(image_, again.base);
    std::string why_not;
    if (!record(
            store_->command({"run", "--once"}, what_.what.lacks),
            again.log,
            again.when,
            [this] { age_store_lock(); },
            [] {},
            why_not)) {
      row_.violation(when + ": cannot be mounted: " + why_not);
      return;
    }
    play(again, {depth.places_again, 1, 0, 0, depth.seed});
  }

  const CutCase& what_;
  const DiskKind& disk_;
  std::string place_;
  std::string base_;
  std::string image_; // what is mounted
  std::string log_;
  std::string served_;
  std::string tools_;
  std::string program_;
  Row& row_;
  std::optional<DiskStore> store_;
  std::map<int, Writer> writers_;
};

} // namespace

std::vector<CutCase> all_cut_cases() {
  std::vector<CutCase> cases;
  for (KillCase& what : all_kill_cases({})) {
    const bool whole = !what.lacks.unnamed;
    const bool in_control =
        whole && (what.name == "compress" || what.name == "first run");
    cases.push_back({std::move(what), 0, in_control});
  }
  CutCase beside;
  beside.what.name = "compress beside writers";
  beside.what.prepare = [](DiskStore& store) {
    store.add(1, k_written_lines);
    store.add(2, k_written_lines, Root::active);
  };
  beside.what.words = {"run", "--once", "--cold-after", "0s"};
  beside.reopeners = 3;
  beside.in_control = true;
  cases.push_back(std::move(beside));
  return cases;
}

bool cut_everywhere(const CutCase& what,
                    const DiskKind& disk,
                    const std::string& dir,
                    const std::string& program,
                    const CutDepth& depth,
                    Row& row,
                    std::string& why_not) {
  BlockCuts cuts(what, disk, dir, program, row);
  if (!cuts.prepare(why_not) || !cuts.record(why_not)) {
    return false;
  }
  cuts.replay(depth);
  return true;
}

} // namespace coldpress
