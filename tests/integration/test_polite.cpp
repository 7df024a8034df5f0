#include "tests/integration/codex_home.hpp"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

using namespace coldpress;

TEST_CASE("a time budget of nothing compresses nothing, says so, and is no failure") {
  CodexHome home;
  home.add({});
  home.add({.number = 2});
  const Listing before = list(home / "archived_sessions");
  const ProgramEnd end = home.compress({"--time-budget", "0s"});
  CHECK_EQ(end.code, 0);
  CHECK_EQ(end.out.find("Nothing to do"), std::string::npos);
  CHECK_HAS(end.out, "2  no_time  the time budget of the run is used up");
  CHECK_EQ(difference(before, list(home / "archived_sessions"), {""}), "");
  // The next one goes on at once: nothing is remembered against a rollout.
  CHECK_HAS(home.compress({"--json"}).out, R"("compressed":2)");
}

TEST_CASE("a time budget that is long enough leaves nothing") {
  CodexHome home;
  home.add({});
  const ProgramEnd end = home.compress({"--time-budget", "1h", "--json"});
  CHECK_EQ(end.code, 0);
  CHECK_HAS(end.out, R"("compressed":1)");
  CHECK_EQ(end.out.find("no_time"), std::string::npos);
}

TEST_CASE("a bad time budget, rate or percentage is refused with what to write") {
  const CodexHome home;
  const auto refused = [&](const char* flag, const char* value, const char* says) {
    const ProgramEnd end = home.compress({flag, value});
    CHECK_EQ(end.code, 2);
    CHECK_HAS(end.err, flag);
    CHECK_HAS(end.err, says);
  };
  refused("--time-budget", "soon", "\"soon\" is not a duration");
  refused("--read-rate", "fast", "\"fast\" is not a size");
  refused("--pressure-io", "much", "write \"off\" or a whole number from 1 to 100");
  refused("--pressure-on-battery", "stop", "write one of ignore, wait");
}

namespace {

// Pages of the file in the page cache.
std::size_t cached_pages(const std::string& path) {
  const auto page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  REQUIRE(file >= 0);
  const auto size = static_cast<std::size_t>(::lseek(file, 0, SEEK_END));
  void* mapped = ::mmap(nullptr, size, PROT_READ, MAP_SHARED, file, 0);
  REQUIRE(mapped != MAP_FAILED);
  std::vector<unsigned char> pages((size + page - 1) / page);
  const int told = ::mincore(mapped, size, pages.data());
  ::munmap(mapped, size);
  ::close(file);
  REQUIRE(told == 0);
  std::size_t cached = 0;
  for (const unsigned char state : pages) {
    cached += state & 1U;
  }
  return cached;
}

void forget(const std::string& path) {
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  REQUIRE(file >= 0);
  REQUIRE(::fsync(file) == 0);
  REQUIRE(::posix_fadvise(file, 0, 0, POSIX_FADV_DONTNEED) == 0);
  ::close(file);
}

std::string retired_in(const std::string& dir) {
  const auto names = names_ending(dir, ".coldpress-retired");
  REQUIRE(names.size() == 1);
  return dir + "/" + names.front();
}

} // namespace

TEST_CASE("a rollout leaves the page cache as it was found, and its .zst is not in it") {
#ifdef COLDPRESS_PORTABLE
  MESSAGE("skipped: nothing can be dropped from the cache here");
  return;
#endif
  CodexHome home;
  const std::string path = home / home.add({.bytes = 4'000'000});
  forget(path);
  if (cached_pages(path) != 0) {
    MESSAGE("the kernel does not let go of pages here (tmpfs?)");
    return;
  }
  bool in_use = false;
  SUBCASE("nobody uses it") {}
  SUBCASE("somebody uses it") {
    in_use = true;
    (void)read_file(path);
  }
  // Kept aside, it can be looked at.
  CHECK_EQ(home.compress({"--reap-grace", "1h"}).code, 0);
  const std::size_t pages = cached_pages(retired_in(home / "archived_sessions"));
  CHECK((in_use ? pages > 900 : pages == 0));
  CHECK_EQ(cached_pages(path + ".zst"), 0);
}
