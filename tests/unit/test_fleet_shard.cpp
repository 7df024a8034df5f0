#include "worker/fleet/shard.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <random>
#include <set>

using namespace coldpress;

namespace {

constexpr std::uint64_t k_mib = std::uint64_t{1} << 20U;

using Stores = std::vector<ListedStore>;
using Environment = std::map<std::string, std::string>;

// `sized`: how many of them carry a size, spread over four orders of magnitude.
Stores stores(std::size_t count, std::size_t sized) {
  std::mt19937_64 random(count);
  Stores list;
  for (std::size_t i = 0; i < count; ++i) {
    ListedStore store{fmt::format("/home/user{:03}/.codex", i), std::nullopt};
    if (i < sized) {
      store.bytes = (std::uint64_t{1} << (10 + random() % 14)) + random() % 1000;
    }
    list.push_back(std::move(store));
  }
  return list;
}

std::uint64_t cost(const ListedStore& store) {
  return store.bytes.value_or(0) + k_mib;
}

std::string error_of(const Environment& environment,
                     std::optional<std::uint64_t> count = std::nullopt,
                     const std::string& written = "") {
  const auto shard = choose_shard(written, count, environment);
  return shard ? "no error" : shard.error().context.front();
}

std::string chosen(const Environment& environment,
                   std::optional<std::uint64_t> count = std::nullopt,
                   const std::string& written = "") {
  const auto shard = choose_shard(written, count, environment);
  REQUIRE(shard);
  return *shard ? fmt::format("{}/{}", (*shard)->index, (*shard)->count) : "none";
}

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

} // namespace

TEST_CASE("every store is in exactly one part, for every number of parts") {
  for (const std::size_t sized : {0U, 7U, 40U}) {
    const Stores list = stores(40, sized);
    for (std::uint64_t count = 1; count <= 50; ++count) {
      CAPTURE(count);
      std::multiset<std::string> seen;
      for (std::uint64_t index = 0; index < count; ++index) {
        for (const ListedStore& store : part_of(list, {index, count})) {
          seen.insert(store.path);
        }
      }
      std::multiset<std::string> all;
      for (const ListedStore& store : list) {
        all.insert(store.path);
      }
      CHECK(seen == all);
    }
  }
}

TEST_CASE("no part has more than an equal share and the largest store") {
  for (std::size_t number = 1; number < 200; number += 13) {
    const Stores list = stores(number, number);
    std::uint64_t sum = 0;
    std::uint64_t largest = 0;
    for (const ListedStore& store : list) {
      sum += cost(store);
      largest = std::max(largest, cost(store));
    }
    for (const std::uint64_t count : {1U, 2U, 8U, 31U}) {
      for (std::uint64_t index = 0; index < count; ++index) {
        std::uint64_t load = 0;
        for (const ListedStore& store : part_of(list, {index, count})) {
          load += cost(store);
        }
        CAPTURE(number);
        CAPTURE(count);
        CHECK(load <= sum / count + largest);
      }
    }
  }
}

TEST_CASE("stores without sizes, and empty ones, are dealt out evenly") {
  for (const std::size_t sized : {0U, 200U}) {
    Stores list = stores(200, 0);
    for (std::size_t i = 0; i < sized; ++i) {
      list[i].bytes = i == 0 ? 1 : 0; // one that is not quite empty
    }
    for (std::uint64_t index = 0; index < 8; ++index) {
      CHECK_EQ(part_of(list, {index, 8}).size(), 25U);
    }
  }
}

TEST_CASE("a part does not depend on the order of the list") {
  const PathRules rules{"/home/me", "/lists"};
  std::vector<std::string> lines;
  for (const ListedStore& store : stores(60, 30)) {
    lines.push_back(line_of(store));
  }
  const auto parse = [&] {
    const auto list =
        parse_store_list(fmt::format("{}", fmt::join(lines, "")), "list", rules);
    REQUIRE(list);
    return *list;
  };
  const auto names = [](const Stores& part) {
    std::vector<std::string> out;
    for (const ListedStore& store : part) {
      out.push_back(store.path);
    }
    return out;
  };
  const Stores before = parse();
  std::mt19937_64 random(7);
  for (int round = 0; round < 5; ++round) {
    std::shuffle(lines.begin(), lines.end(), random);
    const Stores after = parse();
    CHECK_EQ(digest_of(before), digest_of(after));
    for (std::uint64_t index = 0; index < 7; ++index) {
      CHECK(names(part_of(before, {index, 7})) == names(part_of(after, {index, 7})));
    }
  }
}

TEST_CASE("sizes whose sum does not fit are still dealt out once") {
  Stores list = stores(6, 0);
  for (ListedStore& store : list) {
    store.bytes = UINT64_MAX;
  }
  std::size_t seen = 0;
  for (std::uint64_t index = 0; index < 3; ++index) {
    seen += part_of(list, {index, 3}).size();
  }
  CHECK_EQ(seen, list.size());
}

TEST_CASE("--shard is I/N with I from 0") {
  CHECK_EQ(chosen({}, std::nullopt, "0/1"), "0/1");
  CHECK_EQ(chosen({}, std::nullopt, "7/8"), "7/8");
  for (const char* text : {"8/8",
                           "1",
                           "/",
                           "1/",
                           "/8",
                           "-1/8",
                           "1/8/2",
                           " 1/8",
                           "a/b",
                           "0/0",
                           "1/99999999999999999999"}) {
    CAPTURE(text);
    CHECK(has(error_of({}, std::nullopt, text), "write I/N"));
  }
}

TEST_CASE("--shard goes before what the engine says, and without either there is none") {
  const Environment slurm{{"SLURM_ARRAY_TASK_ID", "3"},
                          {"SLURM_ARRAY_TASK_COUNT", "8"},
                          {"SLURM_ARRAY_TASK_MIN", "0"}};
  CHECK_EQ(chosen(slurm, std::nullopt, "1/2"), "1/2");
  CHECK_EQ(chosen({}), "none");
  CHECK_EQ(chosen({{"JOB_COMPLETION_INDEX", ""}}), "none");
}

TEST_CASE("a Slurm array task is counted from the first, in the array's steps") {
  const auto task =
      [](const char* id, const char* count, const char* min, const char* step) {
        return Environment{{"SLURM_ARRAY_TASK_ID", id},
                           {"SLURM_ARRAY_TASK_COUNT", count},
                           {"SLURM_ARRAY_TASK_MIN", min},
                           {"SLURM_ARRAY_TASK_STEP", step}};
      };
  CHECK_EQ(chosen(task("0", "8", "0", "1")), "0/8");
  CHECK_EQ(chosen(task("8", "8", "1", "1")), "7/8");
  CHECK_EQ(chosen(task("14", "8", "0", "2")), "7/8");
  // --array=1,3,7: three tasks, and no rule that says which they are.
  CHECK(has(error_of(task("7", "3", "1", "1")), "is part 6 of 3"));
  CHECK(has(error_of(task("3", "8", "0", "2")), "does not follow"));
  CHECK(has(error_of(task("0", "8", "1", "1")), "does not follow"));
  CHECK(has(error_of(task("x", "8", "1", "1")), "not a number"));
  CHECK(has(error_of({{"SLURM_ARRAY_TASK_ID", "0"}}), "--shard-count"));
}

TEST_CASE("with --shard-count the number of the task is the part") {
  CHECK_EQ(chosen({{"JOB_COMPLETION_INDEX", "0"}}, 8), "0/8");
  CHECK_EQ(chosen({{"JOB_COMPLETION_INDEX", "7"}}, 8), "7/8");
  CHECK_EQ(chosen({{"SLURM_ARRAY_TASK_ID", "3"},
                   {"SLURM_ARRAY_TASK_COUNT", "1"},
                   {"SLURM_ARRAY_TASK_MIN", "3"}},
                  8),
           "3/8");
  CHECK(has(error_of({{"JOB_COMPLETION_INDEX", "8"}}, 8), "is part 8 of 8"));
  CHECK(has(error_of({{"JOB_COMPLETION_INDEX", "8"}}), "--shard-count"));
  CHECK(has(error_of({}, 8), "needs the index"));
  CHECK(has(error_of({{"JOB_COMPLETION_INDEX", "0"}, {"SLURM_ARRAY_TASK_ID", "0"}}, 8),
            "both"));
}
