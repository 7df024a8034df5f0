#include "fsutil/page_cache.hpp"
#include "tests/support/fake_clock.hpp"
#include "tests/support/mem_fs.hpp"

#include <doctest/doctest.h>

using namespace coldpress;

namespace {

constexpr std::uint64_t k_size = std::uint64_t{2} << 20U;

struct Rig {
  FakeClock clock;
  MemFs fs;
  File file;

  explicit Rig(std::uint64_t size) : fs(clock), file(made(size)) {
    CHECK(fs.drop_cache(file.handle(), 0, 0));
  }
  File made(std::uint64_t size) {
    fs.put("/a", std::string(size, 'a'));
    return {fs, fs.open_read("/a").value()};
  }
  void read(std::uint64_t bytes) {
    std::vector<std::byte> into(bytes);
    CHECK(fs.read_at(file.handle(), into, 0).value() == bytes);
  }
};

} // namespace

TEST_CASE("a file is in use if more than half of it is in the page cache") {
  Rig rig(k_size);
  CHECK_FALSE(is_in_use(rig.fs, rig.file.handle(), k_size));
  rig.read(k_size / 2);
  CHECK_FALSE(is_in_use(rig.fs, rig.file.handle(), k_size));
  rig.read(k_size / 2 + 4096);
  CHECK(is_in_use(rig.fs, rig.file.handle(), k_size));
}

TEST_CASE("a small file counts as not in use, for a look at its head reads it all") {
  Rig rig(k_size / 2 - 1);
  rig.read(k_size / 2 - 1);
  CHECK_FALSE(is_in_use(rig.fs, rig.file.handle(), k_size / 2 - 1));
}

TEST_CASE("where nobody tells of the page cache, no file counts as in use") {
  Rig rig(k_size);
  rig.read(k_size);
  MemFeatures features;
  features.cached_bytes = false;
  rig.fs.set_features(features);
  CHECK_FALSE(is_in_use(rig.fs, rig.file.handle(), k_size));
}
