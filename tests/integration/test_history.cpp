#include "tests/integration/codex_home.hpp"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>
#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <sstream>

using namespace coldpress;
using nlohmann::json;

namespace {

// A thread of one turn, as a rollout of old and new releases alike.
std::string
conversation(int number, const std::string& question, const std::string& answer) {
  const auto line = [](const std::string& type, const json& payload) {
    return json{{"timestamp", "2026-01-05T09:00:00.000Z"},
                {"type", type},
                {"payload", payload}}
               .dump() +
           "\n";
  };
  return line("session_meta",
              {{"id", thread_id(number)},
               {"timestamp", "2026-01-05T09:00:00.000Z"},
               {"cwd", "/home/somebody/project"},
               {"originator", "codex"},
               {"cli_version", "0.169.0"},
               {"source", "cli"}}) +
         line("event_msg", {{"type", "task_started"}, {"turn_id", "turn-1"}}) +
         line("event_msg", {{"type", "user_message"}, {"message", question}}) +
         line("event_msg", {{"type", "agent_message"}, {"message", answer}}) +
         line("event_msg", {{"type", "task_complete"}, {"turn_id", "turn-1"}}) +
         // So that compression frees a block.
         line("event_msg", {{"type", "warning"}, {"message", std::string(9000, 'w')}});
}

void add(CodexHome& home,
         int number,
         const std::string& question,
         const std::string& answer) {
  RolloutFile file;
  file.number = number;
  file.days_old = 30 + number; // the first is the newest
  file.content = conversation(number, question, answer);
  home.add(file);
}

std::vector<json> lines_of(const std::string& text) {
  std::vector<json> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) {
    lines.push_back(json::parse(line));
  }
  return lines;
}

std::vector<json> json_of(const CodexHome& home, std::vector<std::string> words) {
  words.emplace_back("--json");
  const ProgramEnd end = home.run(std::move(words));
  CHECK_EQ(end.code, 0);
  return lines_of(end.out);
}

json stripped(json line) {
  for (const char* changing : {"form", "disk_bytes", "seconds"}) {
    line.erase(changing);
  }
  return line;
}

const std::string k_index = "coldpress/index.sqlite";

} // namespace

TEST_CASE("list, show and search answer alike before and after compression") {
  CodexHome home;
  add(home, 1, "How does the retry budget work?", "It is a token bucket.");
  add(home, 2, "Write a haiku", "An old silent pond");
  for (const bool indexed : {false, true}) {
    CAPTURE(indexed);
    if (indexed) {
      REQUIRE_EQ(home.run({"index", "build"}).code, 0);
    }
    const auto list = json_of(home, {"list"});
    const auto show = json_of(home, {"show", thread_id(2)});
    const auto scan = json_of(home, {"search", "--scan", "token bucket"});
    if (!indexed) {
      REQUIRE_EQ(list.size(), 3);
      CHECK_EQ(list[0]["id"], thread_id(1));
      CHECK_EQ(list[0]["preview"], "How does the retry budget work?");
      CHECK_EQ(list[0]["turns"], 1);
      CHECK_EQ(list[0]["status"], "completed");
      CHECK_EQ(list[0]["project"], "/home/somebody/project");
      CHECK_EQ(list[2]["threads"], 2);
      REQUIRE_EQ(show.size(), 2);
      CHECK_EQ(show[0]["message_type"], "thread");
      CHECK_EQ(show[1]["message_type"], "turn");
      CHECK_EQ(show[1]["id"], "turn-1");
      CHECK(show[1]["error"].is_null());
      CHECK_EQ(show[1]["items"][0]["type"], "userMessage");
      CHECK_EQ(show[1]["items"][1]["text"], "An old silent pond");
      REQUIRE_EQ(home.compress().code, 0);
    }
    const auto list_after = json_of(home, {"list"});
    REQUIRE_EQ(list_after.size(), list.size());
    for (std::size_t i = 0; i < list.size(); ++i) {
      CHECK_EQ(stripped(list_after[i]), stripped(list[i]));
    }
    CHECK_EQ(list_after[0]["form"], "compressed");
    CHECK_EQ(json_of(home, {"show", thread_id(2)})[1], show[1]);
    CHECK_EQ(json_of(home, {"search", "--scan", "token bucket"}), scan);
  }
  const auto hits = json_of(home, {"search", "token", "bucket"});
  REQUIRE_EQ(hits.size(), 2);
  CHECK_EQ(hits[0]["thread"], thread_id(1));
  CHECK_EQ(hits[0]["snippet"], "It is a token bucket.");
  CHECK_EQ(hits[0]["marks"].size(), 2);
}

TEST_CASE("a hit names the line and the byte at which cat has it") {
  CodexHome home;
  add(home, 1, "question", "the one answer");
  REQUIRE_EQ(home.compress().code, 0);
  REQUIRE_EQ(home.run({"index", "build"}).code, 0);
  const std::string bytes = home.run({"cat", thread_id(1)}).out;
  for (const auto& words :
       {std::vector<std::string>{"search", "answer"},
        std::vector<std::string>{"search", "--scan", "the one answer"}}) {
    const auto hits = json_of(home, words);
    REQUIRE_EQ(hits.size(), 2);
    const auto offset = hits[0]["offset"].get<std::size_t>();
    const std::string line = bytes.substr(offset, bytes.find('\n', offset) - offset);
    CHECK_HAS(line, "the one answer");
    CHECK_EQ(std::count(bytes.begin(), bytes.begin() + static_cast<long>(offset), '\n') +
                 1,
             hits[0]["line"].get<long>());
  }
}

TEST_CASE("nothing is written for list, show and scan until an index is asked for") {
  CodexHome home;
  add(home, 1, "question", "answer");
  const Listing before = list(home.path());
  for (const auto& words : {std::vector<std::string>{"list"},
                            std::vector<std::string>{"show", thread_id(1)},
                            std::vector<std::string>{"search", "--scan", "answer"}}) {
    CHECK_EQ(home.run(words).code, 0);
  }
  const ProgramEnd search = home.run({"search", "answer"});
  CHECK_EQ(search.code, 1);
  CHECK_HAS(search.err, "index build");
  CHECK_EQ(difference(before, list(home.path())), "");
  const ProgramEnd build = home.run({"index", "build"});
  CHECK_HAS(build.err, "holds the text of all conversations");
  CHECK(exists(home / k_index));
}

TEST_CASE("an index follows the store, and drop leaves nothing of it") {
  CodexHome home;
  add(home, 1, "first question", "answer");
  REQUIRE_EQ(home.run({"index", "build"}).code, 0);
  add(home, 2, "second question", "answer");
  CHECK_HAS(home.run({"index", "status"}).out, "1 rollouts are new or changed");
  const ProgramEnd old = home.run({"search", "second", "--no-update"});
  CHECK_EQ(old.out, "");
  CHECK_HAS(old.err, "may be older");
  CHECK_HAS(home.run({"search", "second"}).out, "[second] question");
  CHECK_HAS(home.run({"index", "status"}).out, "up to date");
  CHECK_EQ(home.run({"index", "verify"}).code, 0);
  CHECK_EQ(home.run({"index", "rebuild"}).code, 0);
  CHECK_EQ(json_of(home, {"search", "question"}).size(), 3);
  CHECK_EQ(home.run({"index", "drop"}).code, 0);
  CHECK(names_ending(home / "coldpress", ".sqlite").empty());
  CHECK(names_ending(home / "coldpress", "-wal").empty());
}

TEST_CASE("index verify finds bytes that changed under an unchanged stamp") {
  CodexHome home;
  add(home, 1, "first question", "answer");
  REQUIRE_EQ(home.run({"index", "build"}).code, 0);
  const std::string path = home / ("archived_sessions/" + file_name(1));
  std::string bytes = read_file(path);
  bytes[bytes.find("answer")] = 'A';
  write_file(path, bytes);
  set_age(path, 31);
  const ProgramEnd end = home.run({"index", "verify"});
  CHECK_EQ(end.code, 4);
  CHECK_HAS(end.err, file_name(1));
}

TEST_CASE("a run with catalog.enabled leaves an index that is up to date") {
  CodexHome home;
  add(home, 1, "first question", "answer");
  REQUIRE_EQ(home.compress().code, 0);
  CHECK_FALSE(exists(home / k_index));
  REQUIRE_EQ(home.compress({"--catalog-enabled", "true"}).code, 0);
  REQUIRE(exists(home / k_index));
  CHECK_HAS(home.run({"index", "status"}).out, "up to date");
  // From then on without the setting, too.
  add(home, 2, "second question", "answer");
  REQUIRE_EQ(home.compress().code, 0);
  CHECK_HAS(home.run({"index", "status"}).out, "up to date");
}

TEST_CASE("nothing in a rollout reaches the terminal or the page unescaped") {
  CodexHome home;
  const std::string evil = "<script>alert(1)</script>\x1b]0;title\x07\x1b[31m&\"' \u202e";
  add(home, 1, evil, evil);
  REQUIRE_EQ(home.run({"index", "build"}).code, 0);
  for (const auto& words : {std::vector<std::string>{"list"},
                            std::vector<std::string>{"show", thread_id(1)},
                            std::vector<std::string>{"search", "alert"},
                            std::vector<std::string>{"search", "--scan", "alert"}}) {
    const ProgramEnd end = home.run(words);
    CHECK_EQ(end.code, 0);
    CHECK_HAS(end.out, "alert");
    CHECK_EQ(end.out.find('\x1b'), std::string::npos);
    CHECK_EQ(end.out.find('\x07'), std::string::npos);
    CHECK_EQ(end.out.find("\u202e"), std::string::npos);
  }
  const std::string page = home.outside() + "/thread.html";
  REQUIRE_EQ(home.run({"show", thread_id(1), "--html", page}).code, 0);
  const std::string html = read_file(page);
  CHECK_HAS(html, "&lt;script&gt;alert(1)");
  CHECK_EQ(html.find("<script"), std::string::npos);
  CHECK_EQ(html.find('\x1b'), std::string::npos);
}

TEST_CASE(
    "wrong words for list, search and index are usage errors that say what is right") {
  const CodexHome home;
  const std::vector<std::pair<std::vector<std::string>, std::string>> cases{
      {{"list", "--status", "complete"}, "did you mean completed?"},
      {{"list", "--sort", "name"}, "age, size, disk, turns"},
      {{"list", "--since", "yesterday"}, "2026-03-01"},
      {{"search", "(a"}, "character 1"},
      {{"search"}, "nothing to search for"},
      {{"index", "biuld"}, "did you mean build?"}};
  for (const auto& row : cases) {
    const ProgramEnd end = home.run(row.first);
    CAPTURE(row.first);
    CHECK_EQ(end.code, 2);
    CHECK_HAS(end.err, row.second);
  }
}

TEST_CASE("a failed turn by an error line is failed, and completed as Codex reads it") {
  CodexHome home;
  RolloutFile file;
  std::string content = conversation(1, "question", "answer");
  const std::string error =
      R"({"timestamp":"2026-01-05T09:00:00.000Z","type":"event_msg","payload":)"
      R"({"type":"error","message":"limit","codex_error_info":"usage_limit_exceeded"}})"
      "\n";
  content.insert(content.rfind("{\"payload\":{\"turn_id\""), error);
  file.content = content;
  home.add(file);
  const auto counted = json_of(home, {"show", thread_id(1)});
  REQUIRE_EQ(counted.size(), 2);
  CHECK_EQ(counted[1]["status"], "failed");
  CHECK_EQ(counted[1]["error_line"], true);
  CHECK_EQ(json_of(home, {"show", thread_id(1), "--as-codex"})[1]["status"], "completed");
}

TEST_CASE("receipts tell growth from change, and sha256sum agrees with them") {
  CodexHome home;
  for (int number = 1; number <= 4; ++number) {
    add(home, number, "question", "answer " + std::to_string(number));
  }
  const std::string file = home.outside() + "/receipts";
  CHECK_HAS(home.run({"verify", "--receipts", file}).out, "4 receipts written");
  REQUIRE_EQ(home.compress().code, 0);
  const std::string text = read_file(file);
  std::istringstream lines(text);
  int checked = 0;
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("#")) {
      continue;
    }
    const std::string rollout = line.substr(66, line.find("  ", 66) - 66);
    ProgramStart sum;
    sum.command = {"sh", "-c", "zstd -dc \"$0\" | sha256sum", home / (rollout + ".zst")};
    CHECK_EQ(run_program(sum).out.substr(0, 64), line.substr(0, 64));
    checked += 1;
  }
  CHECK_EQ(checked, 4);
  const ProgramEnd same = home.run({"verify", "--receipts", file});
  CHECK_EQ(same.code, 0);
  CHECK_HAS(same.out, "4 rollouts are as they were");
  REQUIRE_EQ(home.run({"restore", "--all"}).code, 0);
  const auto path = [&](int number) {
    return home / ("archived_sessions/" + file_name(number));
  };
  write_file(path(1), read_file(path(1)) + "{}\n");
  std::string changed = read_file(path(2));
  changed[changed.find("answer")] = 'A';
  write_file(path(2), changed);
  std::filesystem::remove(path(3));
  add(home, 5, "question", "new");
  const ProgramEnd end = home.run({"verify", "--receipts", file, "--json"});
  CHECK_EQ(end.code, 4);
  const json last = lines_of(end.out).back();
  CHECK_EQ(last["same"], 1);
  CHECK_EQ(last["grown"], 1);
  CHECK_EQ(last["changed"], 1);
  CHECK_EQ(last["gone"], 1);
  CHECK_EQ(last["added"], 1);
  CHECK_EQ(read_file(file), text);
}
