#include "tests/kill/block_cuts.hpp"

#include "tests/kill/aftermath.hpp"
#include "tests/kill/appenders.hpp"
#include "tests/kill/logged_disk.hpp"
#include "tests/kill/mounts.hpp"
#include "tests/kill/sparse_copy.hpp"
#include "tests/kill/write_log.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <optional>
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

  // What may stand there after a cut before that place: at least the bytes that were
  // synced, and of the rest as much as there is.
  std::string expected(std::uint64_t place, const std::optional<std::string>& found) {
    std::uint64_t kept = before.size();
    for (const Synced& mark : synced) {
      kept = mark.place < place ? before.size() + mark.bytes : kept;
    }
    return found && found->size() >= kept && after.starts_with(*found)
               ? *found
               : after.substr(0, kept);
  }
};

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

  // The undisturbed run, with all that its disk was told.
  bool record(std::string& why_not) {
    const auto disk = LoggedDisk::start(served_, image_, log_, why_not);
    if (!disk || !mount(disk->file(), why_not)) {
      return false;
    }
    Appenders appenders;
    for (auto& [number, writer] : writers_) {
      start(appenders, number, writer);
    }
    Command command = store_->command(what_.what.words, what_.what.lacks);
    command.log = tools_ + ".run";
    const Ended ended = run_program(command);
    appenders.finish(*store_);
    for (auto& [number, writer] : writers_) {
      writer.after = store_->content(number);
    }
    if (ended.code != 0) {
      row_.violation(fmt::format("{}: undisturbed, it ends with code {} and signal {}\n{}",
                                 name(),
                                 ended.code,
                                 ended.signal,
                                 text_of(command.log)));
    }
    unmount_now(place_);
    disk->stop();
    return true;
  }

  // A cut that keeps all of a window is one that keeps nothing of the next.
  void replay(const CutDepth& depth) {
    const WriteLog log(log_);
    const auto& windows = log.windows();
    const int image = ::open(base_.c_str(), O_RDWR | O_CLOEXEC);
    if (image < 0) {
      throw std::runtime_error("cannot open " + base_);
    }
    const std::size_t places = std::min(depth.places, windows.size());
    std::size_t tried = 0;
    for (std::size_t i = 0; i < windows.size(); ++i) {
      if (i * places / windows.size() == tried) {
        const std::string when = fmt::format("{}, flush {} of {}", name(), i, windows.size());
        cut(log, windows[i], std::nullopt, when);
        for (int chance = 0; chance < depth.chances && !windows[i].writes.empty();
             ++chance) {
          cut(log, windows[i], i * 1000 + static_cast<std::uint64_t>(chance), when);
        }
        ++tried;
      }
      log.apply(windows[i], image);
    }
    ::close(image);
  }

private:
  std::string name() const { return disk_.type + ", " + what_.what.name; }

  bool mount(const std::string& image, std::string& why_not) {
    return mount_loop(disk_.type, image, place_, tools_, why_not);
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
                      std::this_thread::sleep_for(std::chrono::milliseconds(2));
                    });
  }

  void cut(const WriteLog& log,
           const WriteLog::Window& window,
           std::optional<std::uint64_t> seed,
           std::string when) {
    copy_sparse(base_, image_);
    if (seed) {
      std::mt19937_64 random(*seed);
      const int image = ::open(image_.c_str(), O_RDWR | O_CLOEXEC);
      log.apply_some(window, image, random);
      ::close(image);
      when += fmt::format(", chance {}", *seed);
    }
    row_.tried();
    std::string why_not;
    if (!mount(image_, why_not)) {
      row_.violation(when + ": cannot be mounted: " + why_not);
      return;
    }
    for (auto& [number, writer] : writers_) {
      const auto found = store_->rig().read(store_->rig().plain(number, Root::active));
      store_->set_content(number, writer.expected(window.end, found));
    }
    check_aftermath(
        *store_, what_.what.lacks, what_.what.excused, when, tools_ + ".again", row_);
    unmount_now(place_);
  }

  const CutCase& what_;
  const DiskKind& disk_;
  std::string place_;
  std::string base_;  // all of the log up to the flush before the cut
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
    cases.push_back({std::move(what), 0});
  }
  CutCase beside;
  beside.what.name = "compress beside writers";
  beside.what.prepare = [](DiskStore& store) {
    store.add(1, k_written_lines);
    store.add(2, k_written_lines, Root::active);
  };
  beside.what.words = {"run", "--once", "--cold-after", "0s"};
  beside.reopeners = 3;
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
