#include "tests/support/fake_clock.hpp"
#include "tests/support/fault_fs.hpp"
#include "tests/support/mem_fs.hpp"
#include "worker/rollout/find.hpp"

#include <doctest/doctest.h>

#include <cerrno>

using namespace coldpress;

namespace {

const std::string k_home = "/home";
const std::string k_id = "0199aaaa-bbbb-7ccc-8ddd-000000000001";
const std::string k_other = "0199aaaa-bbbb-7ccc-8ddd-000000000002";
const std::string k_plain =
    "/home/sessions/2026/01/02/rollout-2026-01-02T03-04-05-" + k_id + ".jsonl";

struct Rig {
  FakeClock clock;
  MemFs disk{clock};
  FaultFs fs{disk};

  Rig() { disk.put(k_plain + ".zst", "x"); }
  Result<std::vector<std::string>> find(const std::string& text) {
    return find_in_home(fs, &k_home, text, {});
  }
};

} // namespace

TEST_CASE("a rollout is found by thread id, file name and path, in either form") {
  Rig rig;
  for (const std::string& name : {k_id,
                                  base_name(k_plain),
                                  base_name(k_plain) + ".zst",
                                  k_plain,
                                  k_plain + ".zst"}) {
    CAPTURE(name);
    const auto found = rig.find(name);
    REQUIRE(found);
    CHECK(*found == std::vector{k_plain});
  }
  CHECK(rig.find(k_other).error().code == Errc::not_found);
}

TEST_CASE("an empty name means no rollout, also where there is only one") {
  CHECK(Rig().find("").error().code == Errc::invalid);
}

TEST_CASE("a thread is not said to be absent where a directory cannot be listed") {
  Rig rig;
  rig.disk.put_dir("/home/thread-writer-locks");
  rig.disk.put("/home/thread-writer-locks/" + k_other + ".lock", "");
  for (const std::string& thread : {k_id, k_other}) {
    rig.fs.fail_op("list_dir", Errc::denied, EACCES); // of the first one
    const auto found = rig.find(thread);
    REQUIRE_FALSE(found);
    CHECK(found.error().code == Errc::denied);
    CHECK(found.error().sys == EACCES);
    CHECK(describe(found.error()).find("not saved") == std::string::npos);
    CHECK_FALSE(has_no_rollout(found.error().code));
  }
}
