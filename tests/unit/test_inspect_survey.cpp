#include "tests/support/mem_fs.hpp"
#include "tests/support/slow_fs.hpp"
#include "tests/support/store_rig.hpp"
#include "tests/support/temp_dir.hpp"
#include "worker/inspect/survey.hpp"
#include "worker/pass/pass.hpp"

#include <doctest/doctest.h>

#include <algorithm>

using namespace coldpress;
using namespace std::chrono_literals;

namespace {

// A store in memory, its ledger on the disk.
struct Rig {
  TempDir state;
  FakeClock clock;
  MemFs disk{clock};
  SlowFs fs{disk, clock};
  StoreRig rig{disk, clock};
  Store store{rig.home(), rig.state_dir(), state.path(), 1000, true};
  Settings settings;

  Rig() {
    settings.compression_enabled = true;
    settings.scan.settle = 0ms;
    settings.publish.reap_grace = 0ms;
    settings.limits.min_free_bytes = 0;
  }
  Survey look() {
    fs.opened = 0;
    return survey(fs, clock, settings, store);
  }
  void run() {
    Session session(fs, clock, settings, store);
    CHECK(run_pass(session, {}).exit_code() == 0);
  }
  static std::size_t count(const Survey& seen, UsageForm form) {
    return static_cast<std::size_t>(
        std::count_if(seen.files.begin(), seen.files.end(), [form](const auto& file) {
          return file.form == form;
        }));
  }
};

} // namespace

TEST_CASE("a survey needs no ledger, changes nothing, and opens what nobody knows") {
  Rig rig;
  const WallTime old = rig.clock.wall() - 60 * 24h;
  rig.rig.put(rig.rig.plain(1), test_rollout(1));
  rig.rig.put(rig.rig.plain(2, Root::active), test_rollout(2));
  rig.rig.put(rig.rig.compressed(3), test_frame(test_rollout(3)), old);
  const auto before = rig.disk.snapshot();
  const Survey seen = rig.look();
  CHECK(seen.errors.empty());
  CHECK_FALSE(seen.ledger);
  CHECK(seen.files.size() == 3);
  CHECK(seen.not_looked_into == 0);
  for (const UsageFile& file : seen.files) {
    CAPTURE(file.rollout);
    CHECK(file.project == "/home/me/project");
    CHECK(file.plain == test_rollout(1).size());
  }
  CHECK(rig.disk.snapshot() == before);
  CHECK(rig.disk.open_handles() == 0);
}

TEST_CASE("a survey tells frames with a checksum from those without") {
  Rig rig;
  rig.rig.put(rig.rig.compressed(1), test_frame(test_rollout(1)));
  std::string weak = test_frame(test_rollout(2));
  // Without the flag, and without the four bytes it stands for.
  weak[4] = static_cast<char>(static_cast<unsigned char>(weak[4]) & ~0x04U);
  weak.resize(weak.size() - 4);
  rig.rig.put(rig.rig.compressed(2), weak);
  const Survey seen = rig.look();
  CHECK(Rig::count(seen, UsageForm::compressed) == 1);
  CHECK(Rig::count(seen, UsageForm::others) == 1);
}

TEST_CASE("what the ledger knows is not opened again") {
  Rig rig;
  for (const int number : {1, 2, 3}) {
    rig.rig.put(rig.rig.plain(number), test_rollout(number));
  }
  rig.clock.advance(1h);
  rig.run();
  rig.clock.advance(1h);
  rig.run(); // learns the first records of what the first has made
  const Survey seen = rig.look();
  CHECK(rig.fs.opened == 0);
  CHECK(Rig::count(seen, UsageForm::compressed) == 3);
  CHECK(seen.realised.compressed == 3);
  CHECK(seen.ledger);
  const UsageGroup total = total_of(seen.files);
  CHECK(total.plain_bytes == seen.realised.bytes_before);
  CHECK(total.bytes >= seen.realised.bytes_after); // in whole blocks
  CHECK(total.bytes < seen.realised.bytes_after + 3 * k_block_bytes);
  CHECK(total.saved_bytes == total.plain_bytes - total.bytes);
  CHECK(seen.files.front().project == "/home/me/project");
}

TEST_CASE("a survey that has looked for long enough says what it left") {
  Rig rig;
  for (int number = 1; number <= 9; ++number) {
    rig.rig.put(rig.rig.compressed(number),
                test_frame(test_rollout(number)),
                rig.clock.wall() - 60 * 24h);
  }
  rig.fs.takes = 5s;
  const Survey seen = rig.look();
  CHECK(seen.files.size() == 9);
  CHECK(rig.fs.opened < 9);
  CHECK(seen.not_looked_into > 0);
  CHECK(total_of(seen.files).size_unknown > 0);
}

TEST_CASE("what a run would free is told from what the other tree and time would add") {
  Rig rig;
  rig.rig.put(rig.rig.plain(1), test_rollout(1));
  rig.rig.put(rig.rig.plain(2, Root::active), test_rollout(2));
  rig.rig.put(rig.rig.plain(3), test_rollout(3), rig.clock.wall() - 1h);
  rig.clock.advance(1h);
  const Survey seen = rig.look();
  CHECK(seen.as_set.rollouts == 1);
  CHECK(seen.cold.rollouts == 2);
  CHECK(seen.all.rollouts == 3);
  CHECK(seen.as_set.freed > 0);
  CHECK(seen.as_set.freed < seen.as_set.bytes);
  CHECK(seen.all.freed > seen.cold.freed);
  CHECK(seen.outlook.kept < 1);
}

TEST_CASE("a rollout in both forms is one rollout, and nothing of it is saved") {
  Rig rig;
  rig.rig.put(rig.rig.plain(1), test_rollout(1));
  rig.rig.put(rig.rig.compressed(1), test_frame(test_rollout(1)));
  const Survey seen = rig.look();
  const UsageGroup total = total_of(seen.files);
  CHECK(total.rollouts == 1);
  CHECK(total.plain_bytes == test_rollout(1).size());
  CHECK(total.saved_bytes == 0);
  CHECK(total.bytes == rig.disk.lstat(rig.rig.plain(1))->allocated +
                           rig.disk.lstat(rig.rig.compressed(1))->allocated);
}

TEST_CASE("a plain form set aside is counted as what it is, with its project") {
  Rig rig;
  rig.rig.put(rig.rig.compressed(1), test_frame(test_rollout(1)));
  rig.rig.put(rig.rig.retired(1), test_rollout(1));
  const Survey seen = rig.look();
  REQUIRE(seen.files.size() == 2);
  CHECK(Rig::count(seen, UsageForm::retired) == 1);
  CHECK(seen.files.back().project == "/home/me/project");
  CHECK(total_of(seen.files).rollouts == 1);
}
