#include "tests/support/fault_fs.hpp"
#include "tests/support/mem_fs.hpp"
#include "tests/support/store_rig.hpp"

#include <doctest/doctest.h>

using namespace coldpress;
using namespace std::chrono_literals;

namespace {

enum class By : std::uint8_t { symlink, directory };

// A store in which another user may write, and another store beside it with a rollout of
// the same name.
struct Rig {
  FakeClock clock;
  MemFs disk{clock};
  FaultFs fs{disk};
  StoreRig store{disk, clock};
  StoreRig other{disk, clock, "/home/me/other"};
  std::string year = store.home() + "/sessions/2025";
  std::string aside = store.home() + "/sessions/aside";
  std::string theirs = other.home() + "/sessions/2025";
  std::string spare = "/home/me/spare";
  bool swapped = false;

  Rig() {
    store.put_codex_locks();
    for (const int number : {1, 2}) {
      store.put(store.plain(number, Root::active), test_rollout(number));
      other.put(other.plain(number, Root::active), test_rollout(number, 300));
    }
    // Leftovers, so that recovery and sweep have something to act on.
    store.put(store.plain(3, Root::active), test_rollout(3));
    store.put(store.compressed(3, Root::active), test_frame(test_rollout(3)));
    store.put(store.dir(Root::active) + "/.0123456789abcdef.coldpress-part", "part");
    other.put(other.plain(3, Root::active), test_rollout(3));
    other.put(other.compressed(3, Root::active), test_frame(test_rollout(3)));
    other.put(other.dir(Root::active) + "/.0123456789abcdef.coldpress-part", "theirs");
    clock.advance(1h);
  }

  void swap(By by) {
    if (swapped) {
      if (by == By::symlink) {
        disk.take_away(year);
      } else {
        disk.move(year, theirs);
      }
      disk.move(aside, year);
    } else {
      disk.move(year, aside);
      if (by == By::symlink) {
        disk.put_symlink(year, theirs);
      } else {
        disk.move(theirs, year);
      }
    }
    swapped = !swapped;
  }

  bool all_readable() const {
    for (const int number : {1, 2, 3}) {
      if (store.read(store.plain(number, Root::active)) != test_rollout(number)) {
        return false;
      }
    }
    return true;
  }

  std::map<std::string, std::string> outside() const {
    auto files = disk.snapshot();
    std::erase_if(files, [&](const auto& file) {
      return !file.first.starts_with(other.home() + "/");
    });
    return files;
  }

  // A whole pass; at call `first`, and again at call `last`, the folders change places.
  // Returns how many calls it made.
  int pass(By by, int first, int last) {
    const HeldDir held = HeldDir::hold(fs, store.home()).value();
    fs.reset();
    fs.set_hook([&, call = 0](std::string_view op, const std::string&) mutable {
      call += op == "close" ? 0 : 1;
      if (op != "close" && (call == first || call == last)) {
        swap(by);
      }
    });
    (void)run_test_pass(fs, clock, store);
    const int calls = fs.calls();
    fs.reset();
    if (swapped) {
      swap(by);
    }
    return calls;
  }
};

// At every call of a pass, for `lasting` calls or to its end.
void swap_at_every_call(By by, int lasting) {
  const int calls = Rig().pass(by, -1, -1);
  REQUIRE(calls > 100);
  for (int call = 1; call <= calls; ++call) {
    CAPTURE(call);
    Rig rig;
    const auto before = rig.outside();
    rig.pass(by, call, lasting == 0 ? -1 : call + lasting);
    REQUIRE(rig.all_readable());
    if (by == By::symlink) {
      REQUIRE(rig.outside() == before);
    }
    for (const int number : {1, 2}) {
      REQUIRE(rig.other.read(rig.other.plain(number, Root::active)) ==
              test_rollout(number, 300));
    }
    // And what it has left behind is put right.
    rig.clock.advance(1h);
    rig.pass(by, -1, -1);
    REQUIRE(rig.all_readable());
    REQUIRE(rig.store.litter().empty());
  }
}

} // namespace

TEST_CASE(
    "a pass leaves other stores alone, whenever a folder becomes a symlink to one") {
  swap_at_every_call(By::symlink, 0);
}

TEST_CASE("a pass leaves other stores alone while a folder is a symlink for a moment") {
  for (const int lasting : {1, 2, 5, 20}) {
    swap_at_every_call(By::symlink, lasting);
  }
}

TEST_CASE("a pass loses no rollout when another folder takes the place of one") {
  for (const int lasting : {0, 1, 3, 10}) {
    swap_at_every_call(By::directory, lasting);
  }
}
