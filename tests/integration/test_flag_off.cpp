#include "tests/integration/codex_home.hpp"

#include <doctest/doctest.h>

using namespace coldpress;

TEST_CASE("without the feature run changes nothing and says how to turn it on") {
  CodexHome home;
  home.add({});
  const Listing before = list(home.path());
  const ProgramEnd end = home.run({"run", "--once", "--settle", "0s"});
  CHECK_EQ(end.code, 0);
  CHECK_HAS(end.out, "--enable local_thread_store_compression");
  CHECK_HAS(end.out, "1 of 1 rollouts to compress");
  CHECK_HAS(home.run({"plan"}).out, "--enable local_thread_store_compression");
  CHECK_EQ(difference(before, list(home.path())), "");
}

TEST_CASE("the configuration can turn the feature on") {
  CodexHome home;
  const std::string rollout = home.add({});
  write_file(home.outside() + "/on.toml",
             "[features]\nlocal_thread_store_compression = true\n"
             "[scan]\nsettle = \"0s\"\n[publish]\nreap_grace = \"0s\"\n");
  CHECK_EQ(home.run({"run", "--once", "--config", home.outside() + "/on.toml"}).code, 0);
  CHECK_FALSE(exists(home / rollout));
  CHECK(exists(home / (rollout + ".zst")));
}

TEST_CASE("run --dry-run changes nothing even with the feature on") {
  CodexHome home;
  home.add({});
  const Listing before = list(home.path());
  const ProgramEnd end = home.compress({"--dry-run"});
  CHECK_EQ(end.code, 0);
  CHECK_HAS(end.out, "1 of 1 rollouts to compress");
  CHECK_EQ(difference(before, list(home.path())), "");
}

TEST_CASE("an unknown feature is refused") {
  const CodexHome home;
  const ProgramEnd end = home.run({"run", "--once", "--enable", "thread_compression"});
  CHECK_EQ(end.code, 2);
  CHECK_HAS(end.err, "thread_compression");
}
