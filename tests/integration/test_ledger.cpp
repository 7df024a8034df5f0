#include "tests/integration/codex_home.hpp"

#include <doctest/doctest.h>
#include <sys/stat.h>

using namespace coldpress;

namespace {

// A store with one compressed rollout, one without gain and, since then, one more to
// compress.
struct Used {
  CodexHome home;
  std::string ledger = home / "coldpress/ledger.sqlite";
  std::string fresh;

  Used() {
    home.add({.number = 1});
    home.add({.number = 2, .bytes = 9'000, .compressible = false});
    REQUIRE_EQ(home.compress().code, 0);
    fresh = home.add({.number = 3});
  }

  void check_compressed() const {
    CHECK_FALSE(exists(home / fresh));
    CHECK_EQ(differing(rollout_bytes(home / fresh), rollout_content({.number = 3})), "");
    CHECK_EQ(differing(rollout_bytes(home / ("archived_sessions/" + file_name(1))),
                       rollout_content({.number = 1})),
             "");
    CHECK(exists(home / ("archived_sessions/" + file_name(2))));
    CHECK(litter(home.path()).empty());
  }
};

} // namespace

TEST_CASE("a deleted ledger loses nothing and is begun again") {
  const Used used;
  REQUIRE_EQ(::remove(used.ledger.c_str()), 0);
  CHECK_EQ(used.home.compress().code, 0);
  used.check_compressed();
  CHECK(exists(used.ledger));
}

TEST_CASE("a damaged ledger is reported, set aside and the pass goes on") {
  const Used used;
  std::string bytes = "no database";
  SUBCASE("not a database at all") {
    bytes = rollout_content({.bytes = 20'000, .compressible = false}).substr(300);
  }
  SUBCASE("cut in half") {
    const std::string whole = read_file(used.ledger);
    bytes = whole.substr(0, whole.size() / 2);
  }
  SUBCASE("noise after the first page") {
    bytes = read_file(used.ledger);
    const std::string noise =
        rollout_content({.bytes = bytes.size(), .compressible = false});
    for (std::size_t i = 4096; i < bytes.size(); ++i) {
      bytes[i] = noise[i];
    }
  }
  write_file(used.ledger, bytes);
  const ProgramEnd end = used.home.compress();
  CHECK_EQ(end.code, 0);
  CHECK_HAS(end.err, "the ledger was damaged");
  used.check_compressed();
  std::vector<std::string> aside;
  for (const std::string& name : names_ending(used.home / "coldpress", "")) {
    if (name.starts_with("ledger.sqlite") && name != "ledger.sqlite") {
      aside.push_back(name);
    }
  }
  REQUIRE_FALSE(aside.empty());
  CHECK_EQ(differing(read_file(used.home / ("coldpress/" + aside.front())), bytes), "");
  CHECK_EQ(used.home.compress().err, "");
}

TEST_CASE("a ledger that cannot be written is reported and the pass goes on") {
  const Used used;
  used.home.give_to_ordinary_user();
  SUBCASE("the file") {
    ::chmod(used.ledger.c_str(), 0400);
  }
  SUBCASE("a directory of that name") {
    REQUIRE_EQ(::remove(used.ledger.c_str()), 0);
    make_dirs(used.ledger + "/inside");
    used.home.give_to_ordinary_user();
  }
  const ProgramEnd end = run_program(used.home.as_ordinary_user(used.home.compressing()));
  CHECK_EQ(end.code, 0);
  CHECK_HAS(end.err, "ledger");
  CHECK_HAS(end.err, "the run continues without it");
  CHECK_FALSE(exists(used.home / used.fresh));
}
