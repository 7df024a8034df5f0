#include "fsutil/text.hpp"
#include "tests/support/mem_fs.hpp"
#include "tests/support/pass_fs.hpp"
#include "tests/support/store_rig.hpp"
#include "worker/stage/scan.hpp"

#include <doctest/doctest.h>

#include <algorithm>

using namespace coldpress;
using namespace std::chrono_literals;

namespace {

// Notes what is opened.
class CountingFs final : public PassFs {
public:
  using PassFs::PassFs;
  Result<FileHandle> open_read(const std::string& path) override {
    opened.push_back(path);
    return PassFs::open_read(path);
  }
  std::vector<std::string> opened;
};

struct Rig {
  FakeClock clock;
  MemFs disk{clock};
  CountingFs fs{disk};
  StoreRig store{disk, clock};
  HeadMemory known;
  SharedHistory shared = SharedHistory::automatic;
  int more = 0; // first records that may be read beyond what is needed

  // One walk; what it learned is known to the next. Returns what it opened.
  std::vector<std::string> walk() {
    fs.opened.clear();
    ScanRules rules{clock.wall(), shared};
    rules.list_compressed = more > 0;
    rules.read_more = [this] { return more-- > 0; };
    found = scan(fs, store.home(), rules, known);
    known.apply(found.heads);
    return std::exchange(fs.opened, {});
  }
  const Candidate& candidate(const std::string& path) const {
    const auto each =
        std::find_if(found.candidates.begin(),
                     found.candidates.end(),
                     [&](const Candidate& one) { return one.path == path; });
    REQUIRE(each != found.candidates.end());
    return *each;
  }
  Inventory found;
};

using Paths = std::vector<std::string>;

} // namespace

TEST_CASE("a scan opens no file it knows, and finds in it what it found before") {
  Rig rig;
  TestHead fork;
  fork.number = 2;
  fork.cli_version = "0.153.0";
  fork.parent_thread = test_thread_id(1);
  const WallTime recently = rig.clock.wall() - 24h;
  fork.written = format_time(recently);
  rig.store.put(rig.store.plain(1),
                test_rollout(1) + test_turn(TurnWriter::only_0_136, recently),
                recently);
  rig.store.put(rig.store.plain(2, Root::active), test_rollout(fork), recently);
  rig.store.put(rig.store.plain(3), test_line("no head"), recently);
  rig.store.put(rig.store.compressed(4), test_frame(test_rollout(4)), recently);
  rig.clock.advance(1h);
  CHECK(rig.walk().size() == 4);
  const Inventory first = rig.found;
  CHECK(first.versions.front().version == Version{0, 136, 0});

  CHECK(rig.walk() == Paths{});
  CHECK(rig.found.heads.empty());
  CHECK(rig.found.candidates.size() == 3);
  for (const Candidate& before : first.candidates) {
    const Candidate& now = rig.candidate(before.path);
    CHECK(now.thread_id == before.thread_id);
    CHECK(now.cwd == before.cwd);
    CHECK(now.cli_version == before.cli_version);
    CHECK(now.shares_history == before.shares_history);
    CHECK(now.stamp == before.stamp);
  }
  CHECK(rig.candidate(rig.store.plain(1)).shares_history);
  CHECK(rig.candidate(rig.store.plain(3)).thread_id.empty());
  REQUIRE(rig.found.versions.size() == 2);
  for (std::size_t nth = 0; nth < 2; ++nth) {
    CHECK(rig.found.versions[nth].version == first.versions[nth].version);
    CHECK(rig.found.versions[nth].when == first.versions[nth].when);
  }
}

TEST_CASE("a scan reads a file again that was appended to, written or touched") {
  Rig rig;
  const std::string path = rig.store.plain();
  rig.store.put(path, test_rollout());
  rig.clock.advance(1h);
  CHECK(rig.walk() == Paths{path});
  const FileStat stat = rig.disk.lstat(path).value();
  SUBCASE("appended to") {
    REQUIRE(rig.disk.append(path, test_line("more")));
  }
  SUBCASE("written with its old length and mtime") {
    rig.disk.put(path, test_rollout(), stat.mtime);
  }
  SUBCASE("its owner's rights changed") {
    rig.disk.set_mode_of(path, 0640);
  }
  rig.clock.advance(1h);
  CHECK(rig.walk() == Paths{path});
  CHECK(rig.walk() == Paths{});
  CHECK(rig.known.size() == 1);
}

TEST_CASE(
    "a scan reads another file again that has the length and the times of the old") {
  Rig rig;
  const std::string path = rig.store.plain();
  rig.store.put(path, test_rollout(1));
  rig.clock.advance(1h);
  rig.walk();
  const FileStat stat = rig.disk.lstat(path).value();
  rig.store.put(rig.store.dir() + "/other", test_rollout(7));
  must(rig.disk.unlink(path));
  must(rig.disk.rename_new(rig.store.dir() + "/other", path));
  rig.disk.set_times(path, stat.mtime, stat.ctime);
  const FileStat now = rig.disk.lstat(path).value();
  REQUIRE(now.size == stat.size);
  REQUIRE(now.ctime == stat.ctime);

  CHECK(rig.walk() == Paths{path});
  CHECK(rig.candidate(path).thread_id == test_thread_id(7));
}

TEST_CASE("a scan does not remember what was touched only seconds ago") {
  Rig rig;
  const std::string path = rig.store.plain();
  rig.store.put(path, test_rollout());
  rig.clock.advance(10s - 1ns);
  CHECK(rig.walk() == Paths{path});
  rig.clock.advance(1ns);
  CHECK(rig.walk() == Paths{path});
  CHECK(rig.walk() == Paths{});
}

TEST_CASE("a scan does not remember a file that changed before it was opened") {
  class SwapFs final : public PassFs {
  public:
    SwapFs(MemFs& disk, std::string from, std::string to)
        : PassFs(disk), disk_(disk), from_(std::move(from)), to_(std::move(to)) {}
    Result<FileHandle> open_read(const std::string& path) override {
      must(disk_.rename_exchange(from_, to_));
      return PassFs::open_read(path);
    }

  private:
    MemFs& disk_;
    std::string from_;
    std::string to_;
  };
  Rig rig;
  const std::string path = rig.store.plain();
  const std::string aside = rig.store.dir() + "/aside";
  rig.store.put(path, test_rollout(1));
  rig.store.put(aside, test_rollout(7));
  rig.clock.advance(1h);
  SwapFs swapping(rig.disk, path, aside);
  const Inventory found = scan(swapping, rig.store.home(), {rig.clock.wall(), {}});
  CHECK(found.heads.empty());
}

TEST_CASE("a scan knows what is gone, but not while a directory cannot be listed") {
  Rig rig;
  rig.store.put(rig.store.plain(1), test_rollout(1));
  rig.store.put(rig.store.plain(2, Root::active), test_rollout(2));
  rig.clock.advance(1h);
  rig.walk();
  CHECK(rig.known.size() == 2);
  const std::string dir = rig.store.dir(Root::active);
  rig.disk.set_mode_of(dir, 0);
  rig.walk();
  CHECK_FALSE(rig.found.errors.empty());
  CHECK(rig.known.size() == 2);

  rig.disk.set_mode_of(dir, 0700);
  must(rig.disk.unlink(rig.store.plain(2, Root::active)));
  CHECK(rig.walk() == Paths{});
  CHECK(rig.known.size() == 1);
}

TEST_CASE("a scan keeps what it knows of compressed files it does not ask for") {
  Rig rig;
  rig.store.put(
      rig.store.compressed(), test_frame(test_rollout()), rig.clock.wall() - 60 * 24h);
  rig.clock.advance(1h);
  CHECK(rig.walk() == Paths{});
  rig.shared = SharedHistory::skip;
  CHECK(rig.walk() == Paths{rig.store.compressed()});
  rig.shared = SharedHistory::automatic;
  CHECK(rig.walk() == Paths{});
  rig.shared = SharedHistory::skip;
  CHECK(rig.walk() == Paths{});
}

TEST_CASE("a scan that lists compressed files reads as many unknown ones as it may") {
  Rig rig;
  const WallTime long_ago = rig.clock.wall() - 60 * 24h;
  for (const int number : {1, 2, 3}) {
    rig.store.put(
        rig.store.compressed(number), test_frame(test_rollout(number)), long_ago);
  }
  rig.clock.advance(1h);
  const auto known_heads = [&rig] {
    return std::count_if(rig.found.compressed.begin(),
                         rig.found.compressed.end(),
                         [](const CompressedRollout& each) {
                           return each.head_known && each.cwd == "/home/me/project";
                         });
  };
  CHECK(rig.walk() == Paths{});
  CHECK(rig.found.compressed.empty());
  rig.more = 2;
  CHECK(rig.walk().size() == 2);
  CHECK(rig.found.compressed.size() == 3);
  CHECK(known_heads() == 2);
  rig.more = 2;
  CHECK(rig.walk().size() == 1);
  CHECK(known_heads() == 3);
  rig.more = 2;
  CHECK(rig.walk() == Paths{});
  CHECK(known_heads() == 3);
  CHECK(rig.found.compressed.front().rollout.ends_with(".jsonl"));
}
