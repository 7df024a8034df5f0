#include "tests/support/fake_clock.hpp"
#include "tests/support/mem_fs.hpp"
#include "worker/serve/pause_file.hpp"

#include <doctest/doctest.h>

using namespace coldpress;
using namespace std::chrono_literals;

namespace {

const std::string k_dir = "/home/coldpress";
constexpr WallTime k_now{std::chrono::seconds{1'790'000'000}};

struct Rig {
  FakeClock clock;
  MemFs fs{clock};

  Rig() { REQUIRE(make_dirs(fs, k_dir, 0700).has_value()); }
  Pause look(WallTime now = k_now) { return look_for_pause(fs, k_dir, now); }
  void write(const std::string& text) {
    const auto file = fs.open_lock(pause_path(k_dir), Create::yes);
    REQUIRE(file.has_value());
    REQUIRE(fs.truncate(*file, 0).has_value());
    REQUIRE(fs.write_at(*file, std::as_bytes(std::span(text)), 0).has_value());
    fs.close(*file);
  }
};

} // namespace

TEST_CASE("without the file there is no pause") {
  Rig rig;
  CHECK_FALSE(rig.look().on);
  CHECK(remove_pause(rig.fs, k_dir).has_value());
}

TEST_CASE("an empty file is a pause until it is gone") {
  Rig rig;
  REQUIRE(write_pause(rig.fs, k_dir, std::nullopt).has_value());
  CHECK(rig.look().on);
  CHECK_FALSE(rig.look().until.has_value());
  CHECK(rig.look(k_now + 1000h).on);
  REQUIRE(remove_pause(rig.fs, k_dir).has_value());
  CHECK_FALSE(rig.look().on);
}

TEST_CASE("a file with a time is a pause until then, and a later pause replaces it") {
  Rig rig;
  REQUIRE(write_pause(rig.fs, k_dir, k_now + 1h).has_value());
  CHECK(rig.look().until == k_now + 1h);
  CHECK_FALSE(rig.look(k_now + 1h).on);
  REQUIRE(write_pause(rig.fs, k_dir, std::nullopt).has_value());
  CHECK(rig.look(k_now + 2h).on);
  rig.write("  2126-01-02T03:04:05+01:00 \n");
  CHECK(rig.look().until.has_value());
}

TEST_CASE("what is no time is a pause until the file is gone") {
  Rig rig;
  rig.write("tomorrow\n");
  CHECK(rig.look().on);
  CHECK_FALSE(rig.look().until.has_value());
  rig.write(std::string(5000, ' '));
  CHECK(rig.look().on);
}
