#include "locking/kernel_lease.hpp"
#include "tests/support/fake_clock.hpp"
#include "tests/support/mem_fs.hpp"

#include <doctest/doctest.h>

using namespace coldpress;

namespace {

struct Rig {
  FakeClock clock;
  MemFs disk{clock};
  File file;

  Rig() {
    disk.put("/p.jsonl", "one\n");
    file = File(disk, disk.open_read("/p.jsonl").value());
  }
  Result<KernelLease> take() {
    return KernelLease::try_take(disk, file.handle(), LeaseKind::read);
  }
};

} // namespace

TEST_CASE("a lease is whole until a writer comes, who gets in when it ends") {
  Rig rig;
  {
    const auto lease = rig.take();
    REQUIRE(lease);
    CHECK(lease->whole());
    REQUIRE(rig.disk.append("/p.jsonl", "two\n").value() == MemFs::Opened::waits);
    CHECK_FALSE(lease->whole());
    CHECK(rig.disk.get("/p.jsonl") == "one\n");
  }
  CHECK(rig.disk.get("/p.jsonl") == "one\ntwo\n");
}

TEST_CASE("a lease that was moved ends once, with its new owner") {
  Rig rig;
  auto first = rig.take();
  REQUIRE(first);
  {
    const KernelLease second = std::move(*first);
    CHECK(second.whole());
    CHECK_FALSE(first->whole());
  }
  CHECK(rig.take());
}

TEST_CASE("no lease is given while somebody writes, or where there are none") {
  Rig rig;
  SUBCASE("somebody writes") {
    const auto writer = rig.disk.open_for_append_resolve("/p.jsonl").value();
    REQUIRE(rig.disk.finish_open(writer) == MemFs::Opened::yes);
    CHECK(rig.take().error().code == Errc::busy);
  }
  SUBCASE("none on this file system") {
    MemFeatures features;
    features.leases = false;
    rig.disk.set_features(features);
    CHECK(rig.take().error().code == Errc::unsupported);
  }
}
