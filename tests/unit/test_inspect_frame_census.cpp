#include "tests/support/fake_clock.hpp"
#include "tests/support/mem_fs.hpp"
#include "tests/support/slow_fs.hpp"
#include "tests/support/store_rig.hpp"
#include "worker/inspect/frame_census.hpp"

#include <doctest/doctest.h>

using namespace coldpress;
using namespace std::chrono_literals;

namespace {

struct Rig {
  FakeClock clock;
  MemFs disk{clock};
  SlowFs fs{disk, clock};
  StoreRig store{disk, clock};
  std::vector<CompressedRollout> frames;
  OwnFrames own;

  void add(int number, const std::string& frame) {
    CompressedRollout made;
    made.path = store.compressed(number);
    made.rollout = "archived_sessions/" + test_rollout_name(number);
    store.put(made.path, frame);
    made.stamp = FileStamp::of(disk.lstat(made.path).value());
    frames.push_back(std::move(made));
  }
  FrameCensus count() { return count_frames(fs, clock, frames, own); }
};

} // namespace

TEST_CASE("frames without a checksum are counted, those that were ours apart") {
  Rig rig;
  rig.add(1, test_frame(test_rollout(1)));
  rig.add(2, test_weak_frame(test_rollout(2)));
  rig.add(3, test_weak_frame(test_rollout(3)));
  rig.add(4, "no frame");
  rig.own[rig.frames[0].rollout] = rig.frames[0].stamp.size;
  rig.own[rig.frames[2].rollout] = 17;
  const FrameCensus seen = rig.count();
  CHECK(seen.looked_into == 3);
  CHECK(seen.without_checksum == 2);
  CHECK(seen.were_ours == 1);
  CHECK(seen.example == rig.frames[2].rollout);
  CHECK(seen.not_looked_into == 1);
  CHECK(rig.fs.opened == 3); // not what is as we made it
}

TEST_CASE("a census that has looked for long enough says what it left") {
  Rig rig;
  for (int number = 1; number <= 20; ++number) {
    rig.add(number, test_weak_frame(test_rollout(number)));
  }
  rig.fs.takes = 1s;
  const FrameCensus seen = rig.count();
  CHECK(seen.without_checksum == 10);
  CHECK(seen.not_looked_into == 10);
}
