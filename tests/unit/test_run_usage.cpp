#include "worker/run/usage.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <limits>

using namespace coldpress;
using namespace std::chrono_literals;

namespace {

const WallTime k_now{std::chrono::sys_days{std::chrono::year{2026} / 3 / 1}};

UsageFile file(const std::string& rollout, std::uint64_t bytes) {
  UsageFile made;
  made.rollout = rollout;
  made.project = "/p";
  made.source = "cli";
  made.tree = "archived";
  made.bytes = bytes;
  made.plain = bytes;
  made.mtime = k_now;
  return made;
}

UsageFile compressed(std::uint64_t bytes, std::optional<std::uint64_t> plain) {
  UsageFile made = file("z", bytes);
  made.form = UsageForm::compressed;
  made.plain = plain;
  return made;
}

const UsageGroup& named(const std::vector<UsageGroup>& groups, const std::string& name) {
  const auto found = std::find_if(groups.begin(), groups.end(), [&](const auto& group) {
    return group.name == name;
  });
  REQUIRE(found != groups.end());
  return *found;
}

} // namespace

TEST_CASE("a group adds up what is on disk, what it would be plain, and the difference") {
  UsageFile retired = file("r", 50);
  retired.form = UsageForm::retired;
  const UsageGroup total = total_of(
      {file("a", 100), compressed(10, 70), compressed(5, std::nullopt), retired});
  CHECK(total.rollouts == 3); // a retired file belongs to a rollout that is counted
  CHECK(total.bytes == 165);
  CHECK(total.bytes_plain == 150);
  CHECK(total.bytes_compressed == 15);
  CHECK(total.plain_bytes == 175);
  CHECK(total.saved_bytes == 60);
  CHECK(total.size_unknown == 1);
}

TEST_CASE("a .zst that is longer than what is in it has saved nothing") {
  CHECK(total_of({compressed(10, 7)}).saved_bytes == 0);
}

TEST_CASE("groups come by room on disk, equal ones by name, and the rest as unknown") {
  UsageFile nobody = file("n", 900);
  nobody.project.clear();
  UsageFile a = file("a", 5);
  a.project = "/a";
  UsageFile b = file("b", 5);
  b.project = "/b";
  const auto groups = group_by(Dimension::project, {b, a, nobody, file("p", 7)}, k_now);
  REQUIRE(groups.size() == 4);
  CHECK(groups[0].name == "unknown");
  CHECK(groups[1].name == "/p");
  CHECK(groups[2].name == "/a");
  CHECK(groups[3].name == "/b");
}

TEST_CASE("bands of age begin where the one before ends, and all are there") {
  std::vector<UsageFile> files;
  for (const auto age : {0h, 24h - 1h, 24h, 7 * 24h, 30 * 24h, 90 * 24h, 365 * 24h}) {
    files.push_back(file("x", 1));
    files.back().mtime = k_now - age;
  }
  files.push_back(file("from the future", 1));
  files.back().mtime = k_now + 5h;
  const auto groups = group_by(Dimension::age, files, k_now);
  REQUIRE(groups.size() == 6);
  CHECK(groups[0].name == "under 1 d");
  CHECK(groups[0].rollouts == 3);
  for (std::size_t nth = 1; nth < groups.size(); ++nth) {
    CHECK(groups[nth].rollouts == 1);
  }
  CHECK(group_by(Dimension::age, {}, k_now).size() == 6);
}

TEST_CASE("the band of size goes by the plain form") {
  const auto groups =
      group_by(Dimension::size, {compressed(10, 9 << 20), file("a", 10)}, k_now);
  CHECK(named(groups, "8 to 64 MiB").rollouts == 1);
  CHECK(named(groups, "under 64 KiB").rollouts == 1);
}

TEST_CASE("rollouts are told apart by form, source and tree") {
  UsageFile other = compressed(10, 20);
  other.form = UsageForm::others;
  other.source = "vscode";
  other.tree = "active";
  const std::vector<UsageFile> files{file("a", 1), other};
  CHECK(named(group_by(Dimension::form, files, k_now), "others").bytes == 10);
  CHECK(named(group_by(Dimension::source, files, k_now), "vscode").bytes == 10);
  CHECK(named(group_by(Dimension::tree, files, k_now), "archived").bytes == 1);
}

TEST_CASE("the largest are named first, no more than were asked for") {
  const std::vector<UsageFile> files{file("b", 5), file("c", 9), file("a", 5)};
  const auto two = largest_of(files, 2);
  REQUIRE(two.size() == 2);
  CHECK(two[0].rollout == "c");
  CHECK(two[1].rollout == "a");
  CHECK(largest_of(files, 10).size() == 3);
  CHECK(largest_of(files, 0).empty());
}

TEST_CASE("lengths beyond all disks add up to no small number") {
  const std::uint64_t huge = std::uint64_t{1} << 63U;
  UsageFile sparse = file("s", 4096);
  sparse.plain = huge;
  const UsageGroup total =
      total_of({file("a", huge), file("b", huge), sparse, compressed(10, huge)});
  CHECK(total.bytes > huge);
  CHECK(total.plain_bytes == std::numeric_limits<std::uint64_t>::max());
}
