#include "tests/integration/codex_home.hpp"
#include "tests/integration/locked_file.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <deque>
#include <fstream>
#include <set>
#include <sstream>

using namespace coldpress;

namespace {

using Json = nlohmann::json;

constexpr std::chrono::seconds k_soon{20};

// coldpress COMMAND... with nothing to wait for, and no --store.
ProgramStart fleet(const CodexHome& first, const std::vector<std::string>& words) {
  ProgramStart start = first.compressing();
  start.command = {COLDPRESS_PROGRAM};
  start.command.insert(start.command.end(), words.begin(), words.end());
  if (words.front() == "run") {
    for (const char* word : {"--enable",
                             "local_thread_store_compression",
                             "--settle",
                             "0s",
                             "--reap-grace",
                             "0s",
                             "--pressure-io",
                             "off",
                             "--pressure-memory",
                             "off"}) {
      start.command.emplace_back(word);
    }
  }
  return start;
}

ProgramEnd on_stores(const CodexHome& first, const std::vector<std::string>& words) {
  return run_program(fleet(first, words));
}

// A list in the directory above the first home.
std::string list_of(const CodexHome& first, const std::vector<std::string>& lines) {
  const std::string path = first.outside() + "/stores.txt";
  write_file(path, fmt::format("# stores\n\n{}\n", fmt::join(lines, "\n")));
  return path;
}

std::vector<Json> lines_of(const std::string& text) {
  std::vector<Json> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) {
    lines.push_back(Json::parse(line));
  }
  return lines;
}

// How each store ended.
std::map<std::string, std::string> results_in(const std::vector<Json>& lines) {
  std::map<std::string, std::string> results;
  for (const Json& line : lines) {
    if (line["message_type"] == "store") {
      results[line["store"]] = line["result"];
    }
  }
  return results;
}

// All but the last line name their store; the last is the summary.
void check_stream(const std::vector<Json>& lines) {
  REQUIRE_FALSE(lines.empty());
  for (std::size_t nth = 0; nth + 1 < lines.size(); ++nth) {
    CAPTURE(lines[nth].dump());
    CHECK(lines[nth].contains("store"));
    CHECK_NE(lines[nth]["message_type"], "stores");
  }
  CHECK_EQ(lines.back()["message_type"], "stores");
}

// A store that nobody but its owner may have, and we are not that.
void make_foreign(const CodexHome& home) {
  if (we_are_root()) {
    REQUIRE_EQ(::lchown(home.path().c_str(), k_ordinary_user, k_ordinary_user), 0);
  } else {
    REQUIRE_EQ(::chmod(home.path().c_str(), 0), 0);
  }
}

// So that TempDir can clear it away.
struct Opened {
  const CodexHome& home;
  ~Opened() { ::chmod(home.path().c_str(), 0700); }
};

pid_t child_of(pid_t parent) {
  std::ifstream in(fmt::format("/proc/{0}/task/{0}/children", parent));
  pid_t child = -1;
  in >> child;
  return child;
}

bool is_marked(const CodexHome& home) {
  return exists(home / ".tmp/rollout-compression.lock");
}

} // namespace

TEST_CASE("a store that is busy, broken or another user's stops no other") {
  CodexHome busy;
  CodexHome foreign;
  CodexHome good;
  busy.add({});
  foreign.add({});
  const std::string rollout = good.add({});
  const std::string broken = good.outside() + "/broken";
  make_dirs(broken);
  make_dirs(busy / ".tmp");
  const Locked maintenance(busy / ".tmp/rollout-maintenance.lock");
  const Opened opened{foreign};
  make_foreign(foreign);
  // In this order, so that the good one comes last whatever its name.
  const std::string link = good.outside() + "/zzz";
  REQUIRE_EQ(::symlink(good.path().c_str(), link.c_str()), 0);
  const std::string list = list_of(good, {broken, busy.path(), foreign.path(), link});
  const ProgramEnd end = on_stores(good, {"run", "--stores-from", list, "--json"});
  CAPTURE(end.err);
  const std::vector<Json> lines = lines_of(end.out);
  check_stream(lines);
  const std::map<std::string, std::string> expected{{broken, "failed"},
                                                    {busy.path(), "busy"},
                                                    {foreign.path(), "failed"},
                                                    {good.path(), "done"}};
  CHECK(results_in(lines) == expected);
  CHECK_EQ(end.code, 1);
  const Json& last = lines.back();
  CHECK_EQ(last["exit"], 1);
  CHECK_EQ(last["stores"], 4);
  CHECK_EQ(last["results"], Json({{"busy", 1}, {"done", 1}, {"failed", 2}}));
  CHECK_EQ(last["counts"]["compressed"], 1);
  CHECK(exists(good / (rollout + ".zst")));
  CHECK_FALSE(exists(good / rollout));
  for (const CodexHome* home : {&good, &busy}) {
    CHECK(exists(*home / "coldpress/ledger.sqlite"));
  }
  // For people: one table, and who needs a look with the reason.
  const ProgramEnd text = on_stores(good, {"run", "--stores-from", list});
  CHECK_EQ(text.code, 1);
  CHECK_HAS(text.out, "1 done, 1 busy, 2 failed");
  CHECK_HAS(text.out, "Needs a look:");
  CHECK_HAS(text.out, "neither sessions/ nor archived_sessions/");
}

TEST_CASE("the worst exit code of the stores is that of the command") {
  CodexHome one;
  CodexHome two;
  one.add({});
  two.add({});
  const std::string list = list_of(one, {one.path(), two.path()});
  make_dirs(two / ".tmp");
  {
    const Locked maintenance(two / ".tmp/rollout-maintenance.lock");
    CHECK_EQ(on_stores(one, {"run", "--stores-from", list}).code, 75);
  }
  CHECK_EQ(on_stores(one, {"run", "--stores-from", list}).code, 0);
  CHECK_EQ(on_stores(one, {"verify", "--stores-from", list}).code, 0);
  // A bit that flips in the frame of one of them.
  const std::string frame = two / ("archived_sessions/" + file_name(1) + ".zst");
  std::string bytes = read_file(frame);
  bytes[bytes.size() / 2] = static_cast<char>(bytes[bytes.size() / 2] ^ 4);
  write_file(frame, bytes);
  const ProgramEnd damaged = on_stores(one, {"verify", "--stores-from", list, "--json"});
  CHECK_EQ(damaged.code, 4);
  const auto lines = lines_of(damaged.out);
  check_stream(lines);
  CHECK_EQ(results_in(lines).at(two.path()), "needs_attention");
  CHECK_EQ(results_in(lines).at(one.path()), "done");
}

TEST_CASE("report, status and doctor go over the stores of a list, too") {
  CodexHome one;
  CodexHome two;
  one.add({});
  two.add({});
  const std::string list = list_of(one, {one.path(), two.path()});
  for (const char* command : {"report", "status", "doctor"}) {
    CAPTURE(command);
    const ProgramEnd end = on_stores(one, {command, "--stores-from", list, "--json"});
    CAPTURE(end.err);
    const auto lines = lines_of(end.out);
    check_stream(lines);
    CHECK_EQ(results_in(lines).size(), 2U);
    CHECK_EQ(lines.back()["command"], command);
    CHECK_EQ(lines.back()["exit"], end.code);
    CHECK_HAS(on_stores(one, {command, "--stores-from", list}).out, "2 stores");
  }
}

TEST_CASE("two names of one directory are one store") {
  CodexHome home;
  home.add({});
  const std::string link = home.outside() + "/link";
  REQUIRE_EQ(::symlink(home.path().c_str(), link.c_str()), 0);
  const std::string list = list_of(home, {link, home.path(), "home", "./home/"});
  const auto end = on_stores(home, {"status", "--stores-from", list, "--json"});
  CHECK_EQ(lines_of(end.out).back()["stores"], 1);
}

TEST_CASE("stores come from standard input and from a pattern, too") {
  CodexHome home;
  home.add({});
  ProgramStart start = fleet(home, {"status", "--json", "--stores-from", "-"});
  start.command = {"/bin/sh",
                   "-c",
                   fmt::format("printf '%s\\t4 KiB\\n' {} | exec {} status --json "
                               "--stores-from -",
                               home.path(),
                               COLDPRESS_PROGRAM)};
  const ProgramEnd piped = run_program(start);
  CAPTURE(piped.err);
  CHECK_EQ(results_in(lines_of(piped.out)).count(home.path()), 1U);
  const ProgramEnd matched =
      on_stores(home, {"status", "--json", "--stores-from", home.outside() + "/h?me"});
  CHECK_EQ(results_in(lines_of(matched.out)).count(home.path()), 1U);
}

TEST_CASE("a list that is empty, bad or unreadable ends it before it begins") {
  CodexHome home;
  home.add({});
  const auto error = [&](const std::vector<std::string>& more, int code) {
    std::vector<std::string> words{"run"};
    words.insert(words.end(), more.begin(), more.end());
    const ProgramEnd end = on_stores(home, words);
    CHECK_EQ(end.code, code);
    CHECK_EQ(end.out, "");
    return end.err;
  };
  CHECK_HAS(error({"--stores-from", list_of(home, {"#"})}, 2), "names no store");
  const std::string missing = home.outside() + "/missing";
  const std::string text = error({"--stores-from", missing}, 1);
  CHECK_HAS(text, missing);
  CHECK_HAS(text, "ENOENT");
  CHECK_HAS(error({"--stores-from", list_of(home, {home.path() + "\tlarge"})}, 2),
            "stores.txt:3");
  CHECK_HAS(error({"--stores-from", home.outside() + "/no*"}, 2), "nothing matches");
  const std::string list = list_of(home, {home.path()});
  CHECK_HAS(error({"--stores-from", list, "--store", home.path()}, 2), "--store");
  CHECK_HAS(error({"--stores-from", list, "--shard", "2/2"}, 2), "write I/N");
  CHECK_HAS(error({"--shard", "0/2"}, 2), "--stores-from");
  CHECK_HAS(error({"--stores-from", list, "--state-dir", "/tmp/x"}, 2),
            "several stores cannot share one");
  CHECK_FALSE(exists(home / "coldpress"));
}

TEST_CASE("the shards of a list have each store once and merge into one report") {
  std::deque<CodexHome> homes(5);
  std::vector<std::string> paths;
  for (CodexHome& home : homes) {
    home.add({});
    paths.push_back(home.path());
  }
  const CodexHome& first = homes.front();
  const std::string list = list_of(first, paths);
  std::vector<std::string> files;
  std::multiset<std::string> seen;
  std::uint64_t saved = 0;
  for (int index = 0; index < 3; ++index) {
    ProgramStart start = fleet(first, {"run", "--stores-from", list, "--json"});
    start.environment["SLURM_ARRAY_TASK_ID"] = std::to_string(index + 1);
    start.environment["SLURM_ARRAY_TASK_COUNT"] = "3";
    start.environment["SLURM_ARRAY_TASK_MIN"] = "1";
    const ProgramEnd end = run_program(start);
    CHECK_EQ(end.code, 0);
    files.push_back(fmt::format("{}/{}.jsonl", first.outside(), index));
    write_file(files.back(), end.out);
    const auto lines = lines_of(end.out);
    for (const auto& [store, result] : results_in(lines)) {
      seen.insert(store);
    }
    CHECK_EQ(lines.back()["shard"], Json({{"index", index}, {"count", 3}}));
    saved += lines.back()["saved_bytes"].get<std::uint64_t>();
  }
  CHECK(seen == std::multiset<std::string>(paths.begin(), paths.end()));

  std::vector<std::string> merge{"report", "--json", "--stores-from", list, "--merge"};
  merge.insert(merge.end(), files.begin(), files.end());
  const ProgramEnd all = on_stores(first, merge);
  CHECK_EQ(all.code, 0);
  const Json last = lines_of(all.out).back();
  CHECK_EQ(last["stores"], 5);
  CHECK_EQ(last["results"], Json({{"done", 5}}));
  CHECK_EQ(last["counts"]["compressed"], 5);
  CHECK_EQ(last["saved_bytes"], saved);
  CHECK_EQ(last["missing"], Json::array());

  // What was merged can be merged, and a file that is given twice changes nothing.
  const std::string merged = first.outside() + "/merged.jsonl";
  write_file(merged, all.out);
  const ProgramEnd again =
      on_stores(first, {"report", "--json", "--merge", merged, merged, files[0]});
  CHECK_EQ(lines_of(again.out).back()["stores"], 5);
  CHECK_EQ(lines_of(again.out).back()["counts"]["compressed"], 5);

  // Without one of them: its shard and its stores are named, and it is no success.
  const ProgramEnd two =
      on_stores(first, {"report", "--stores-from", list, "--merge", files[0], files[2]});
  CHECK_EQ(two.code, 3);
  CHECK_HAS(two.out, "shard 1: missing");
  CHECK_HAS(two.out, "it is in the list, and in no file");

  const std::string page = first.outside() + "/page.html";
  CHECK_EQ(on_stores(first, {"report", "--merge", merged, "--html", page}).code, 0);
  CHECK_HAS(read_file(page), "coldpress run on 5 stores");
  CHECK_HAS(read_file(page), first.path());
}

TEST_CASE("the newest result of a store counts once") {
  CodexHome home;
  const auto line = [](const char* result, int exit, const char* time) {
    return fmt::format(
        R"({{"message_type":"store","store":"/a","listed":"/a","command":"run",)"
        R"("result":"{}","time":"{}","exit":{},"counts":{{"compressed":2}}}})"
        "\n",
        result,
        time,
        exit);
  };
  const std::string end =
      R"({"message_type":"stores","command":"run","list":"1","left":0})"
      "\n";
  const std::string one = home.outside() + "/1";
  const std::string two = home.outside() + "/2";
  write_file(one, line("failed", 1, "2026-01-02T03:04:05Z") + end);
  write_file(two, line("done", 0, "2026-01-02T03:04:06Z") + end);
  for (const auto& files : {std::vector{one, two}, std::vector{two, one}}) {
    const ProgramEnd merged =
        on_stores(home, {"report", "--json", "--merge", files[0], files[1]});
    CHECK_EQ(merged.code, 0);
    const Json last = lines_of(merged.out).back();
    CHECK_EQ(last["results"], Json({{"done", 1}}));
    CHECK_EQ(last["counts"]["compressed"], 2);
  }
}

TEST_CASE("a damaged or cut off line of a merge is an error with file and line") {
  CodexHome home;
  const std::string file = home.outside() + "/shard.jsonl";
  const std::string good =
      R"({"message_type":"store","store":"/a","listed":"/a","command":"run",)"
      R"("result":"done","time":"2026-01-02T03:04:05Z","exit":0,"counts":{}})"
      "\n";
  const auto error = [&](const std::string& text) {
    write_file(file, text);
    const ProgramEnd end = on_stores(home, {"report", "--merge", file});
    CHECK_EQ(end.code, 2);
    CHECK_EQ(end.out, "");
    return end.err;
  };
  CHECK_HAS(error(good + good.substr(0, 40)), "shard.jsonl:2");
  CHECK_HAS(error(good + good.substr(0, good.size() - 1)), "shard.jsonl:2");
  CHECK_HAS(error(good.substr(0, 40) + good + good), "shard.jsonl:1");
  CHECK_HAS(error(good + "\n" + good), "shard.jsonl:2");
  CHECK_HAS(error(good + "[1]\n"), "shard.jsonl:2");
  CHECK_HAS(error(good + R"({"message_type":"store","store":"/a"})" + "\n"),
            "shard.jsonl:2");
  std::string other = good;
  other.replace(other.find("run"), 3, "verify");
  CHECK_HAS(error(good + other), "merge one command at a time");
  const ProgramEnd missing =
      on_stores(home, {"report", "--merge", home.outside() + "/none"});
  CHECK_EQ(missing.code, 1);
  CHECK_HAS(missing.err, "ENOENT");
}

TEST_CASE("report --list-sizes makes a list that --stores-from reads") {
  CodexHome one;
  CodexHome two;
  one.add({.bytes = 400'000});
  two.add({.bytes = 40'000});
  const std::string gone = one.outside() + "/gone";
  const std::string list = list_of(one, {one.path(), two.path(), gone});
  const ProgramEnd end =
      on_stores(one, {"report", "--stores-from", list, "--list-sizes"});
  CHECK_EQ(end.code, 1); // one of them is gone
  CHECK_HAS(end.err, gone);
  std::map<std::string, std::string> sizes;
  std::istringstream lines(end.out);
  for (std::string line; std::getline(lines, line);) {
    const std::size_t tab = line.find('\t');
    sizes[line.substr(0, tab)] = tab == std::string::npos ? "" : line.substr(tab + 1);
  }
  REQUIRE_EQ(sizes.size(), 3U);
  CHECK_EQ(sizes.at(gone), "");
  CHECK(std::stoull(sizes.at(one.path())) >= 400'000);
  CHECK(std::stoull(sizes.at(two.path())) < 100'000);
  const std::string sized = one.outside() + "/sized";
  write_file(sized, end.out);
  const ProgramEnd again = on_stores(one, {"status", "--json", "--stores-from", sized});
  CHECK_EQ(lines_of(again.out).back()["stores"], 3);
}

TEST_CASE("a signal ends the store at work in good order and begins no other") {
  CodexHome one;
  CodexHome two;
  const std::string rollout = one.add({.bytes = 3'000'000});
  two.add({});
  const std::string list = list_of(one, {one.path(), two.path()});
  // So that the slow one is the first.
  const std::string link = one.outside() + "/zzz";
  REQUIRE_EQ(::symlink(two.path().c_str(), link.c_str()), 0);
  write_file(list, one.path() + "\n" + link + "\n");
  Program run(
      fleet(one, {"run", "--stores-from", list, "--json", "--codec-level", "19"}));
  REQUIRE(run.wait_until([&] { return is_marked(one); }, k_soon));
  run.signal(SIGTERM);
  const ProgramEnd end = run.wait();
  CHECK_EQ(end.code, 128 + SIGTERM);
  const auto lines = lines_of(end.out);
  check_stream(lines);
  CHECK_EQ(results_in(lines).at(one.path()), "stopped");
  CHECK_EQ(results_in(lines).size(), 1U);
  CHECK_EQ(lines.back()["left"], 1);
  CHECK(exists(one / rollout));
  CHECK_FALSE(exists(two / "coldpress"));
  CHECK_EQ(on_stores(one, {"run", "--stores-from", list}).code, 0);
  CHECK(litter(one.path()).empty());
}

TEST_CASE("a store whose process is killed stops no other") {
  CodexHome one;
  CodexHome two;
  one.add({.bytes = 3'000'000});
  const std::string rollout = two.add({});
  const std::string link = one.outside() + "/zzz";
  REQUIRE_EQ(::symlink(two.path().c_str(), link.c_str()), 0);
  const std::string list = list_of(one, {one.path(), link});
  Program run(
      fleet(one, {"run", "--stores-from", list, "--json", "--codec-level", "19"}));
  REQUIRE(run.wait_until([&] { return is_marked(one); }, k_soon));
  const pid_t child = child_of(run.pid());
  REQUIRE_GT(child, 0);
  ::kill(child, SIGKILL);
  const ProgramEnd end = run.wait();
  CHECK_EQ(end.code, 1);
  const auto results = results_in(lines_of(end.out));
  CHECK_EQ(results.at(one.path()), "killed");
  CHECK_EQ(results.at(two.path()), "done");
  CHECK(exists(two / (rollout + ".zst")));
}

TEST_CASE("a run that is killed is cut off in the merge until a later one ends") {
  CodexHome home;
  home.add({.bytes = 3'000'000});
  const std::string list = list_of(home, {home.path()});
  const std::string first = home.outside() + "/first";
  const std::string second = home.outside() + "/second";
  {
    Program run(
        fleet(home, {"run", "--stores-from", list, "--json", "--codec-level", "19"}));
    REQUIRE(run.wait_until([&] { return is_marked(home); }, k_soon));
    const pid_t child = child_of(run.pid());
    run.signal(SIGKILL);
    write_file(first, run.wait().out);
    // The pass ends with the one who started it.
    Program wait(
        {{"/bin/sh", "-c", fmt::format("while kill -0 {}; do sleep 0.05; done", child)},
         {}});
    CHECK_EQ(wait.wait().code, 0);
  }
  const ProgramEnd cut = on_stores(home, {"report", "--merge", first});
  CHECK_EQ(cut.code, 3);
  CHECK_HAS(cut.out, "1 cut off");
  CHECK_HAS(cut.out, "first: no end");
  const ProgramEnd later = on_stores(home, {"run", "--stores-from", list, "--json"});
  CHECK_EQ(later.code, 0);
  write_file(second, later.out);
  const ProgramEnd both = on_stores(home, {"report", "--merge", second, first, "--json"});
  CHECK_EQ(both.code, 0);
  CHECK_EQ(lines_of(both.out).back()["results"], Json({{"done", 1}}));
}
