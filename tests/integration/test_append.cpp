#include "tests/integration/codex_home.hpp"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include <csignal>
#include <fstream>
#include <sstream>

using namespace coldpress;
using Json = nlohmann::json;

namespace {

std::string meta(int number, const std::string& mode) {
  return "{\"timestamp\":\"2026-01-05T09:00:00.000Z\"," +
         std::string(mode == "paginated" ? "\"ordinal\":0," : "") +
         "\"type\":\"session_meta\",\"payload\":{\"id\":\"" + thread_id(number) +
         "\",\"cli_version\":\"0.171.0\",\"history_mode\":\"" + mode + "\"}}\n";
}

std::string message(const std::string& text) {
  return "{\"timestamp\":\"t\",\"type\":\"event_msg\",\"payload\":{\"message\":\"" +
         text + "\"}}";
}

std::string numbered(const std::string& text, int ordinal) {
  std::string record = message(text);
  return record.insert(std::string(R"({"timestamp":"t")").size(),
                       ",\"ordinal\":" + std::to_string(ordinal)) +
         "\n";
}

// A home with one rollout, and the words of its commands as a shell takes them.
struct Threads {
  CodexHome home;
  std::string rollout;
  std::string program = home.coldpress({}).command.front();

  explicit Threads(const std::string& mode = "paginated")
      : rollout(home.add({.content = meta(1, mode)})) {}
  std::string plain() const { return home / rollout; }
  std::string append(const std::string& words) const {
    return program + " append --store " + home.path() + " " + words;
  }
  std::string lease(const std::string& words) const {
    return program + " lease --store " + home.path() + " " + words;
  }
  ProgramEnd shell(const std::string& line) const {
    return run_program({{"sh", "-c", line}, {{"HOME", home.outside()}, {"TZ", "UTC"}}});
  }
  std::string input(const std::string& text) const {
    const std::string file = home.outside() + "/input";
    write_file(file, text);
    return " < " + file;
  }
};

} // namespace

TEST_CASE("append puts records behind the last, with the next ordinals") {
  const Threads at;
  const ProgramEnd end = at.shell(at.append(thread_id(1) + " --json") +
                                  at.input(message("a") + "\n" + message("b")));
  CHECK_EQ(end.code, 0);
  CHECK_EQ(end.err, "");
  const Json line = Json::parse(end.out);
  CHECK(line["message_type"] == "appended");
  CHECK(line["appended"] == 2);
  CHECK(line["first_ordinal"] == 1);
  CHECK(line["last_ordinal"] == 2);
  CHECK(line["repaired_tail"] == false);
  CHECK(line["path"] == at.plain());
  CHECK_EQ(read_file(at.plain()),
           meta(1, "paginated") + numbered("a", 1) + numbered("b", 2));
  CHECK(names_ending(at.home / "thread-writer-locks", ".lock").size() ==
        1); // coordination
}

TEST_CASE("append makes a compressed rollout plain first and closes a torn tail") {
  const Threads at;
  const std::string before = meta(1, "paginated") + std::string(20'000, ' ') + "{\"torn";
  write_file(at.plain(), before);
  set_age(at.plain(), 30);
  REQUIRE_EQ(at.home.compress().code, 0);
  REQUIRE_FALSE(exists(at.plain()));
  const ProgramEnd end = at.shell(at.append(at.plain() + ".zst --json --sync record") +
                                  at.input(message("a")));
  CHECK_EQ(end.code, 0);
  CHECK(Json::parse(end.out)["repaired_tail"] == true);
  CHECK_EQ(differing(read_file(at.plain()), before + "\n" + numbered("a", 1)), "");
  CHECK_FALSE(exists(at.plain() + ".zst"));
  CHECK(litter(at.home.path()).empty());
}

TEST_CASE("append stops at the first line that is no record, and says how far it came") {
  const Threads at("legacy");
  const ProgramEnd end =
      at.shell(at.append(thread_id(1) + " --json") +
               at.input(message("a") + "\n{\"half\":\n" + message("b") + "\n"));
  CHECK_EQ(end.code, 2);
  CHECK_HAS(end.err, "line 2 of standard input");
  CHECK_HAS(end.out, "\"appended\":1,");
  CHECK_EQ(read_file(at.plain()), meta(1, "legacy") + message("a") + "\n");
}

TEST_CASE("append changes nothing before it has a record to append") {
  const Threads at;
  write_file(at.plain(), meta(1, "paginated") + std::string(20'000, ' '));
  set_age(at.plain(), 30);
  REQUIRE_EQ(at.home.compress().code, 0);
  REQUIRE_FALSE(exists(at.plain()));
  const Listing before = list(at.home / "sessions");
  const ProgramEnd none = at.shell(at.append(thread_id(1) + " --json < /dev/null"));
  CHECK_EQ(none.code, 0);
  CHECK_EQ(none.err, "");
  const Json line = Json::parse(none.out);
  CHECK(line["appended"] == 0);
  CHECK(line["path"] == at.plain());
  const ProgramEnd wrong = at.shell(at.append(thread_id(1)) + at.input("\n"));
  CHECK_EQ(wrong.code, 2);
  CHECK_HAS(wrong.err, "line 1 of standard input");
  CHECK_EQ(difference(before, list(at.home / "sessions")), "");
  CHECK_EQ(at.shell(at.append(thread_id(9) + " < /dev/null")).code, 1);
}

TEST_CASE("append keeps the index current, where there is one") {
  Threads threads("legacy");
  const auto status = [&] { return threads.home.run({"index", "status"}).out; };
  REQUIRE_EQ(threads.home.run({"index", "build"}).code, 0);
  const std::string user =
      R"({"timestamp":"t","type":"event_msg","payload":{"type":"user_message",)"
      R"("message":"of needles"}})"
      "\n";
  REQUIRE_EQ(threads.shell(threads.append(thread_id(1)) + threads.input(user)).code, 0);
  CHECK_HAS(status(), "up to date");
  CHECK_HAS(threads.home.run({"search", "needles", "--no-update"}).out, "[needles]");
  CHECK_EQ(threads.home.run({"index", "verify"}).code, 0);
  REQUIRE_EQ(threads.home.run({"index", "drop"}).code, 0);
  REQUIRE_EQ(threads.shell(threads.append(thread_id(1)) + threads.input(user)).code, 0);
  CHECK_FALSE(exists(threads.home / "coldpress/index.sqlite"));
}

TEST_CASE("append does not take input that cannot be read for the end of it") {
  const Threads at;
  const std::string before = read_file(at.plain());
  const ProgramEnd end = at.shell(at.append(thread_id(1)) + " < " + at.home.path());
  CHECK_EQ(end.code, 2);
  CHECK_HAS(end.err, "read standard input: Is a directory");
  CHECK_EQ(read_file(at.plain()), before);
}

#ifdef COLDPRESS_INTERRUPTED_CALLS
TEST_CASE("calls that are interrupted or do a part lose no record and double none") {
  const Threads at;
  const std::string before = meta(1, "paginated") + std::string(200'000, ' ') + "\n";
  write_file(at.plain(), before);
  set_age(at.plain(), 30);
  REQUIRE_EQ(at.home.compress().code, 0);
  REQUIRE_FALSE(exists(at.plain()));
  constexpr int k_records = 60;
  std::string records;
  for (int i = 0; i < k_records; ++i) {
    records += message(std::to_string(i)) + "\n";
  }
  const std::string told = at.home.outside() + "/told";
  const ProgramEnd end = at.shell(
      "INTERRUPTED_CALLS=" + told + " LD_PRELOAD=" COLDPRESS_INTERRUPTED_CALLS " " +
      at.append(thread_id(1) + " --json --sync record") + at.input(records));
  CHECK_EQ(end.err.find("rror"), std::string::npos);
  REQUIRE_EQ(end.code, 0);
  const Json line = Json::parse(end.out);
  CHECK(line["appended"] == k_records);
  CHECK(line["last_ordinal"] == k_records);
  CHECK(line["torn"].get<int>() > 10);
  CHECK(line["shared_lines"] == 0);
  const std::string text = read_file(at.plain());
  REQUIRE(text.starts_with(before));
  std::istringstream lines(text.substr(before.size()));
  int next = 0;
  int torn = 0;
  for (std::string each; std::getline(lines, each);) {
    if (Json::accept(each)) {
      CHECK_EQ(each + "\n", numbered(std::to_string(next), next + 1));
      next += 1;
    } else {
      torn += 1;
    }
  }
  CHECK_EQ(next, k_records);
  CHECK_EQ(torn, line["torn"].get<int>());
  std::istringstream counts(read_file(told));
  int calls = 0;
  int appends = 0;
  counts >> calls >> appends;
  CHECK(calls > 5 * k_records); // interrupted were half of them
  CHECK(appends > k_records);
  CHECK(litter(at.home.path()).empty());
}
#endif

TEST_CASE("append and lease say of a thread without a turn that it is not saved yet") {
  const Threads at;
  make_dirs(at.home / "thread-writer-locks");
  write_file(at.home / ("thread-writer-locks/" + thread_id(9) + ".lock"), "");
  for (const std::string& line :
       {at.append(thread_id(9) + " --json") + at.input(message("a")),
        at.lease(thread_id(9)) + " --json -- true"}) {
    const ProgramEnd end = at.shell(line);
    CHECK_EQ(end.code, 1);
    CHECK_HAS(end.err, "not saved yet");
    CHECK_HAS(end.out, "\"code\":\"not_saved\"");
  }
}

TEST_CASE("append --new makes a thread when its records are there, and not before") {
  const Threads at;
  const std::string words = thread_id(5) + " --new --json";
  const auto names = [&] { return names_ending(at.home / "sessions", ""); };
  const auto before = names();
  const ProgramEnd none = at.shell(at.append(words) + " < /dev/null");
  CHECK_EQ(none.code, 0);
  CHECK(names() == before);
  const std::string path = Json::parse(none.out)["path"];
  CHECK_HAS(path, thread_id(5) + ".jsonl");
  CHECK_FALSE(exists(path));
  const ProgramEnd wrong = at.shell(at.append(words) + at.input(message("a")));
  CHECK_EQ(wrong.code, 2);
  CHECK(names() == before);
  std::string begin = meta(5, "paginated");
  begin.erase(begin.find("\"ordinal\":0,"), 12);
  const ProgramEnd made = at.shell(at.append(words) + at.input(begin + message("a")));
  CHECK_EQ(made.code, 0);
  const Json line = Json::parse(made.out);
  CHECK(line["first_ordinal"] == 0);
  CHECK(line["last_ordinal"] == 1);
  const ProgramEnd cat = at.home.run({"cat", thread_id(5)});
  CHECK_EQ(cat.out, meta(5, "paginated") + numbered("a", 1));
  CHECK_EQ(read_file(line["path"]), cat.out);
  const ProgramEnd again = at.shell(at.append(words) + at.input(begin));
  CHECK_EQ(again.code, 1);
  CHECK_HAS(again.err, "the thread already has a rollout");
  CHECK(litter(at.home.path()).empty());
}

TEST_CASE("append and lease are busy while the thread has a writer, or wait for it") {
  const Threads at;
  const std::string lock = at.home / ("thread-writer-locks/" + thread_id(1) + ".lock");
  make_dirs(at.home / "thread-writer-locks");
  Program holder({{"sh", "-c", "exec 9>" + lock + "; flock 9; exec sleep 60"}, {}});
  REQUIRE(
      holder.wait_until([&] { return at.shell("flock -n " + lock + " true").code != 0; },
                        std::chrono::seconds(10)));
  const std::string before = read_file(at.plain());
  for (const std::string& line : {at.append(thread_id(1)) + at.input(message("a")),
                                  at.lease(thread_id(1)) + " -- true"}) {
    const ProgramEnd end = at.shell(line);
    CHECK_EQ(end.code, 75);
    CHECK_HAS(end.err, "active writer");
  }
  CHECK_EQ(read_file(at.plain()), before);
  Program waiting({{"sh", "-c", "exec " + at.lease(thread_id(1)) + " --wait 30s -- true"},
                   {{"HOME", at.home.outside()}}});
  CHECK_FALSE(waiting.wait_until([&] { return !waiting.running(); },
                                 std::chrono::milliseconds(300)));
  holder.signal(SIGKILL);
  CHECK_EQ(waiting.wait().code, 0);
}

TEST_CASE("a lease holds the thread while its command runs, and ends as that does") {
  const Threads at;
  const std::string lock = at.home / ("thread-writer-locks/" + thread_id(1) + ".lock");
  const std::string busy = "flock -n " + lock + " true || exit 7";
  CHECK_EQ(at.shell(at.lease(thread_id(1)) + " -- sh -c '" + busy + "'").code, 7);
  CHECK_FALSE(exists(lock));
  CHECK_EQ(at.shell(at.lease(thread_id(1)) + " -- sh -c 'kill -9 $$'").code, 128 + 9);
  CHECK_EQ(at.shell(at.lease(thread_id(1)) + " -- /no/such/program").code, 1);
  CHECK_EQ(at.shell(at.lease(thread_id(9)) + " -- true").code, 1);
  CHECK_FALSE(exists(lock));
}

TEST_CASE("append inside a lease uses the lock it runs under; other threads are locked") {
  const Threads at;
  const std::string other = "sessions/2026/01/06/" + file_name(2);
  make_dirs(at.home / "sessions/2026/01/06");
  write_file(at.home / other, meta(2, "legacy"));
  const std::string inside = at.home.outside() + "/inside";
  write_file(inside,
             at.append(thread_id(1)) + at.input(message("a")) + " || exit 8\n" +
                 at.append(thread_id(2)) + " < " + at.home.outside() +
                 "/input || exit 9\n");
  CHECK_EQ(at.shell(at.lease(thread_id(1)) + " -- sh " + inside).code, 0);
  CHECK_EQ(read_file(at.plain()), meta(1, "paginated") + numbered("a", 1));
  CHECK_EQ(read_file(at.home / other), meta(2, "legacy") + message("a") + "\n");
  // A descriptor that is not the lock's protects nothing.
  const ProgramEnd lie =
      at.shell("COLDPRESS_LEASE='9 " + thread_id(1) + "' " + at.append(thread_id(1)) +
               " 9< /dev/null < " + at.home.outside() + "/input");
  CHECK_EQ(lie.code, 75);
  CHECK_EQ(read_file(at.plain()), meta(1, "paginated") + numbered("a", 1));
}

TEST_CASE("lease --materialize makes the rollout plain before the command begins") {
  const Threads at;
  write_file(at.plain(), meta(1, "legacy") + std::string(20'000, ' '));
  set_age(at.plain(), 30);
  REQUIRE_EQ(at.home.compress().code, 0);
  REQUIRE_FALSE(exists(at.plain()));
  CHECK_EQ(at.shell(at.lease(thread_id(1)) + " -- test -e " + at.plain()).code, 1);
  CHECK_EQ(
      at.shell(at.lease(thread_id(1)) + " --materialize -- test -e " + at.plain()).code,
      0);
  CHECK_FALSE(exists(at.plain() + ".zst"));
}

TEST_CASE("a lease passes signals on, and outlives its wrapper with the command") {
  const Threads at;
  const std::string lock = at.home / ("thread-writer-locks/" + thread_id(1) + ".lock");
  const auto locked = [&] { return at.shell("flock -n " + lock + " true").code != 0; };
  const ProgramStart start{
      {"sh", "-c", "exec " + at.lease(thread_id(1)) + " -- sleep 61"},
      {{"HOME", at.home.outside()}}};
  {
    Program wrapper(start);
    REQUIRE(wrapper.wait_until([&] { return exists(lock) && locked(); },
                               std::chrono::seconds(20)));
    wrapper.signal(SIGTERM);
    CHECK_EQ(wrapper.wait().code, 128 + SIGTERM);
    CHECK_FALSE(exists(lock));
  }
  // Killed, the wrapper leaves the command, which has the lock until it ends.
  const std::string pid = at.home.outside() + "/pid";
  Program wrapper({{"sh",
                    "-c",
                    "exec " + at.lease(thread_id(1)) + " -- sh -c 'echo $$ > " + pid +
                        "; exec sleep 61'"},
                   {{"HOME", at.home.outside()}}});
  REQUIRE(wrapper.wait_until([&] { return exists(pid) && !read_file(pid).empty(); },
                             std::chrono::seconds(20)));
  wrapper.signal(SIGKILL);
  CHECK_EQ(wrapper.wait().code, 128 + SIGKILL);
  CHECK(locked());
  CHECK_EQ(at.shell(at.lease(thread_id(1)) + " -- true").code, 75);
  REQUIRE_EQ(at.shell("kill $(cat " + pid + ")").code, 0);
  CHECK_EQ(at.shell(at.lease(thread_id(1)) + " --wait 20s -- true").code, 0);
}

TEST_CASE("a lease lasts as long as a process that its command left behind") {
  const Threads at;
  const std::string lock = at.home / ("thread-writer-locks/" + thread_id(1) + ".lock");
  const std::string pid = at.home.outside() + "/pid";
  REQUIRE_EQ(at.shell(at.lease(thread_id(1)) +
                      " -- sh -c 'sleep 61 >/dev/null 2>&1 & echo $! > " + pid + "'")
                 .code,
             0);
  CHECK(exists(lock));
  CHECK_EQ(at.shell(at.lease(thread_id(1)) + " -- true").code, 75);
  REQUIRE_EQ(at.shell("kill $(cat " + pid + ")").code, 0);
  CHECK_EQ(at.shell(at.lease(thread_id(1)) + " --wait 20s -- true").code, 0);
  CHECK_FALSE(exists(lock));
}

TEST_CASE("two appenders beside a stranger and passes lose nothing and splice nothing") {
  const Threads at;
  constexpr int k_each = 40;
  const auto loop = [&](const std::string& name) {
    const std::string file = at.home.outside() + "/" + name;
    std::ofstream script(file);
    for (int i = 0; i < k_each; ++i) {
      script << "printf '%s\\n' '" << message(name + std::to_string(i)) << "' | "
             << at.append(thread_id(1)) << " -q --wait 60s || exit 1\n";
    }
    ProgramStart start{{"sh", file}, {{"HOME", at.home.outside()}}};
    start.limit = std::chrono::seconds(120);
    return start;
  };
  {
    const ProgramStart a = loop("a");
    const ProgramStart b = loop("b");
    Program first(a);
    Program second(b);
    int strangers = 0;
    while (first.running() || second.running()) {
      if (exists(at.plain())) {
        std::ofstream(at.plain(), std::ios::app)
            << "{\"type\":\"quantum\",\"stranger\":" << strangers++ << "}\n";
      }
      (void)at.home.run({"run",
                         "--enable",
                         "local_thread_store_compression",
                         "--cold-after",
                         "0s",
                         "--settle",
                         "0s",
                         "--reap-grace",
                         "0s"});
    }
    CHECK_EQ(first.wait().code, 0);
    CHECK_EQ(second.wait().code, 0);
    CHECK(strangers > 0);
  }
  std::map<char, int> next;
  int ordinal = 0;
  std::istringstream lines(rollout_bytes(at.plain()));
  for (std::string line; std::getline(lines, line);) {
    const Json record = Json::parse(line, nullptr, false);
    REQUIRE_FALSE(record.is_discarded());
    if (record["type"] == "event_msg") {
      const std::string text = record["payload"]["message"];
      CHECK_EQ(std::stoi(text.substr(1)), next[text[0]]++);
      CHECK_EQ(record["ordinal"].get<int>(), ++ordinal);
    }
  }
  CHECK_EQ(next['a'], k_each);
  CHECK_EQ(next['b'], k_each);
}
