#include "fsutil/clock.hpp"
#include "tests/support/temp_dir.hpp"
#include "worker/loop/tree_watch.hpp"

#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>

using namespace coldpress;
using namespace std::chrono_literals;

namespace {

// Lets the loop turn until something is told, or a minute is over.
std::string next_name(Loop& loop, std::string& told) {
  told.clear();
  loop.set_alarm(60s, [&loop] { loop.stop(); });
  loop.run();
  return told;
}

} // namespace

TEST_CASE("a directory that was removed and made anew is watched again") {
  const TempDir dir;
  const std::string tree = dir / "archived_sessions";
  std::filesystem::create_directory(tree);
  Loop loop;
  std::string told;
  TreeWatch watch(loop, tree, [&](const std::string& name) {
    told = name;
    loop.stop();
  });
  REQUIRE_EQ(watch.ensure(), "");
  std::ofstream(tree + "/first");
  CHECK_EQ(next_name(loop, told), "first");

  std::filesystem::remove_all(tree);
  loop.set_alarm(20ms, [&loop] { loop.stop(); });
  loop.run();
  std::filesystem::create_directory(tree);
  REQUIRE_EQ(watch.ensure(), "");
  std::ofstream(tree + "/second");
  CHECK_EQ(next_name(loop, told), "second");
}
