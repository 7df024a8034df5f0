#include "worker/rollout/head_memory.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <functional>
#include <set>

using namespace coldpress;
using namespace std::chrono_literals;

namespace {

FileStamp stamp(std::uint64_t inode) {
  FileStamp made;
  made.device = 3;
  made.inode = inode;
  made.size = 1000;
  made.mtime = WallTime(123'456'789ns);
  made.ctime = WallTime(-5ns);
  return made;
}

RolloutHead head(int number) {
  return {fmt::format("0199aaaa-bbbb-7ccc-8ddd-{:012}", number),
          fmt::format("/home/me/project {}", number % 7),
          "0.169.0",
          number % 2 == 0,
          number % 2 == 0 ? "0199aaaa-bbbb-7ccc-8ddd-eeeeffff0001" : "",
          WallTime(std::chrono::seconds(1'700'000'000 + number)),
          number % 3 == 0 ? "vscode" : ""};
}

RecentWriters writers(int number) {
  RecentWriters made;
  made.last[static_cast<std::size_t>(number) % k_turn_writers] =
      WallTime(std::chrono::seconds(1'700'000'000 + number));
  made.seen_since = number % 3 == 0 ? WallTime::max() : WallTime(-1ns);
  return made;
}

RememberedHead remembered(int number) {
  return {head_key("archived_sessions/x", stamp(static_cast<std::uint64_t>(number))),
          number % 10 == 0 ? std::nullopt : std::optional(head(number)),
          number % 10 == 0 || number % 4 == 0 ? std::nullopt
                                              : std::optional(writers(number))};
}

HeadNews learned(int count) {
  HeadNews news;
  for (int number = 0; number < count; ++number) {
    news.learned.push_back(remembered(number));
  }
  return news;
}

} // namespace

TEST_CASE("a head memory gives back what it learned, also that there was nothing") {
  HeadMemory memory;
  CHECK_FALSE(memory.find(remembered(1).key));
  memory.apply(learned(5000));
  CHECK(memory.size() == 5000);
  std::set<std::size_t> places;
  for (int number = 0; number < 5000; ++number) {
    const RememberedHead expected = remembered(number);
    const auto found = memory.find(expected.key);
    REQUIRE(found);
    REQUIRE(found->head() == expected.head);
    REQUIRE(found->writers() == expected.writers);
    REQUIRE(memory.key_at(found->nth()) == expected.key);
    places.insert(found->nth());
  }
  CHECK(places.size() == 5000);
  CHECK(*places.rbegin() == 4999);
  CHECK_FALSE(memory.find(remembered(5001).key));
}

TEST_CASE("the key of a head is another when the file is another or was changed") {
  const HeadKey key = head_key("archived_sessions/a", stamp(1));
  CHECK(head_key("archived_sessions/a", stamp(1)) == key);
  CHECK(head_key("archived_sessions/b", stamp(1)) != key);
  const std::vector<std::function<void(FileStamp&)>> changes{
      [](FileStamp& s) { s.device += 1; },
      [](FileStamp& s) { s.inode += 1; },
      [](FileStamp& s) { s.size += 1; },
      [](FileStamp& s) { s.mtime += 1ns; },
      [](FileStamp& s) { s.ctime += 1ns; }};
  for (const auto& change : changes) {
    FileStamp changed = stamp(1);
    change(changed);
    CHECK(head_key("archived_sessions/a", changed) != key);
  }
}

TEST_CASE("a head memory comes back from its pages") {
  HeadMemory memory;
  const auto pages = memory.apply(learned(300));
  const HeadMemory again = HeadMemory::from_pages(pages);
  CHECK(again.size() == 300);
  for (int number = 0; number < 300; ++number) {
    const auto found = again.find(remembered(number).key);
    REQUIRE(found);
    CHECK(found->head() == remembered(number).head);
  }
}

TEST_CASE("news rewrite only the pages they are on, and no news none") {
  HeadMemory memory;
  memory.apply(learned(3000));
  CHECK(memory.apply(learned(3000)).empty());
  CHECK(memory.apply({{}, {remembered(4000).key}}).empty());

  const auto added = memory.apply({{remembered(4000)}, {}});
  REQUIRE(added.size() == 1);
  CHECK(added[0].number == HeadMemory::page_of(remembered(4000).key));
  CHECK(memory.size() == 3001);

  RememberedHead other = remembered(4000);
  other.head = head(4001);
  CHECK(memory.apply({{other}, {}}).size() == 1);
  CHECK(memory.size() == 3001);
  CHECK(memory.find(other.key)->head() == head(4001));

  CHECK(memory.apply({{}, {other.key}}).size() == 1);
  CHECK(memory.size() == 3000);
  CHECK_FALSE(memory.find(other.key));
}

TEST_CASE("a page of which all is gone is empty") {
  HeadMemory memory;
  memory.apply({{remembered(1)}, {}});
  const auto pages = memory.apply({{}, {remembered(1).key}});
  REQUIRE(pages.size() == 1);
  CHECK(pages[0].bytes.empty());
  CHECK(memory.size() == 0);
}

TEST_CASE("a page with one wrong bit, or that is cut short, was never read") {
  HeadMemory memory;
  const HeadPage page = memory.apply({{remembered(1)}, {}}).at(0);
  REQUIRE(HeadMemory::from_pages({page}).size() == 1);
  for (std::size_t at = 0; at < page.bytes.size(); ++at) {
    HeadPage damaged = page;
    damaged.bytes[at] = static_cast<char>(damaged.bytes[at] ^ 4);
    CHECK(HeadMemory::from_pages({damaged}).size() == 0);
    damaged.bytes = page.bytes.substr(0, at);
    CHECK(HeadMemory::from_pages({damaged}).size() == 0);
  }
}

TEST_CASE("a page in the place of another was never read") {
  HeadMemory memory;
  HeadPage page = memory.apply({{remembered(1)}, {}}).at(0);
  page.number = (page.number + 1) % HeadMemory::k_pages;
  CHECK(HeadMemory::from_pages({page}).size() == 0);
  page.number += HeadMemory::k_pages;
  CHECK(HeadMemory::from_pages({page}).size() == 0);
}
