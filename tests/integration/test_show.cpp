#include "tests/integration/codex_home.hpp"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <nlohmann/json.hpp>
#include <stdlib.h>
#include <unistd.h>

#include <array>
#include <filesystem>
#include <sstream>
#include <thread>

using namespace coldpress;
using nlohmann::json;

namespace {

// A paginated rollout, line by line.
class Thread {
public:
  Thread(int number, const json& more, unsigned ordinal = 0) : ordinal_(ordinal) {
    json meta{{"id", thread_id(number)},
              {"timestamp", "2026-01-05T09:00:00.000Z"},
              {"cwd", "/home/somebody/project"},
              {"originator", "codex"},
              {"cli_version", "0.171.0"},
              {"source", "cli"},
              {"history_mode", "paginated"}};
    meta.update(more);
    record("session_meta", meta);
  }
  Thread& turn(const std::string& id, const std::string& answer) {
    record("event_msg", {{"type", "task_started"}, {"turn_id", id}});
    record("event_msg",
           {{"type", "item_completed"},
            {"turn_id", id},
            {"completed_at_ms", 1'767'603'600'000},
            {"item",
             {{"type", "AgentMessage"},
              {"id", "item-" + id},
              {"content", {{{"type", "Text"}, {"text", answer}}}}}}});
    record("event_msg", {{"type", "task_complete"}, {"turn_id", id}});
    return *this;
  }
  json base(int rollout) const {
    return {{"history_base",
             {{"thread_id", thread_id(rollout)},
              {"end_ordinal_exclusive", ordinal_},
              {"end_byte_offset", text_.size()}}}};
  }
  unsigned ordinal() const { return ordinal_; }
  const std::string& text() const { return text_; }

private:
  void record(const std::string& type, const json& payload) {
    text_ += json{{"timestamp", "2026-01-05T09:00:00.000Z"},
                  {"ordinal", ordinal_++},
                  {"type", type},
                  {"payload", payload}}
                 .dump() +
             "\n";
  }
  unsigned ordinal_;
  std::string text_;
};

void add(CodexHome& home, int number, const std::string& content) {
  RolloutFile file;
  file.number = number;
  file.days_old = 30 + number;
  file.content = content;
  home.add(file);
}

std::vector<json> json_of(const CodexHome& home, std::vector<std::string> words) {
  words.emplace_back("--json");
  const ProgramEnd end = home.run(std::move(words));
  CHECK_EQ(end.code, 0);
  std::vector<json> lines;
  std::istringstream in(end.out);
  for (std::string line; std::getline(in, line);) {
    lines.push_back(json::parse(line));
  }
  return lines;
}

std::vector<std::string> turns_of(const CodexHome& home, const std::string& thread) {
  std::vector<std::string> ids;
  for (const json& line : json_of(home, {"show", thread})) {
    if (line["message_type"] == "turn") {
      ids.push_back(line["id"]);
    }
  }
  return ids;
}

// Runs `show` with a terminal for its output; what reached that.
struct Terminal {
  ProgramEnd end;
  std::string screen;
};

Terminal show_on_terminal(const CodexHome& home, int number, const std::string& pager) {
  const int master = ::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
  REQUIRE_GE(master, 0);
  REQUIRE_EQ(::grantpt(master), 0);
  REQUIRE_EQ(::unlockpt(master), 0);
  std::array<char, 128> name{};
  REQUIRE_EQ(::ptsname_r(master, name.data(), name.size()), 0);
  const int slave = ::open(name.data(), O_RDWR | O_NOCTTY | O_CLOEXEC);
  REQUIRE_GE(slave, 0);
  Terminal terminal;
  std::thread reader([&] {
    std::array<char, 4096> buffer{};
    for (ssize_t got = 0; (got = ::read(master, buffer.data(), buffer.size())) > 0;) {
      terminal.screen.append(buffer.data(), static_cast<std::size_t>(got));
    }
  });
  ProgramStart start = home.coldpress({"show", thread_id(number)});
  start.environment["PAGER"] = pager;
  start.before_program = [slave] { return ::dup2(slave, STDOUT_FILENO) >= 0; };
  terminal.end = run_program(start);
  ::close(slave); // the last one: the reader sees the end
  reader.join();
  ::close(master);
  return terminal;
}

} // namespace

TEST_CASE("list --family shows parents and children with what they share") {
  CodexHome home;
  Thread parent(1, json::object());
  parent.turn("a", "shared answer");
  add(home, 2, Thread(2, parent.base(1), parent.ordinal()).turn("b", "own").text());
  const std::string shared = std::to_string(parent.text().size());
  add(home, 3, Thread(3, {{"forked_from_id", thread_id(1)}}).turn("c", "copy").text());
  add(home, 4, Thread(4, json::object()).turn("d", "alone").text());
  add(home, 1, parent.turn("late", "after the fork").text());
  for (const bool indexed : {false, true}) {
    if (indexed) {
      REQUIRE_EQ(home.run({"index", "build"}).code, 0);
    }
    for (const int asked : {1, 2, 3}) {
      CAPTURE(asked);
      const auto lines = json_of(home, {"list", "--family", thread_id(asked)});
      REQUIRE_EQ(lines.size(), 4);
      CHECK_EQ(lines[0]["id"], thread_id(1));
      CHECK_EQ(lines[1]["id"], thread_id(2));
      CHECK_EQ(lines[2]["id"], thread_id(3));
    }
    const std::string text = home.run({"list", "--family", thread_id(2)}).out;
    CHECK_HAS(text, "of " + thread_id(1) + "]");
    CHECK_HAS(text, "[shares ");
    CHECK_HAS(text, "[copied from " + thread_id(1) + "]");
    CHECK_EQ(text.find(thread_id(4)), std::string::npos);
    CHECK_EQ(home.run({"list", "--family", thread_id(4)}).out.find("shares"),
             std::string::npos);
  }
  const ProgramEnd unknown = home.run({"list", "--family", thread_id(99)});
  CHECK_EQ(unknown.code, 1);
  CHECK_HAS(unknown.err, thread_id(99));
}

TEST_CASE("show reads what a fork inherits, before and after compression") {
  CodexHome home;
  Thread parent(1, json::object());
  parent.turn("a", std::string(9000, 'a'));
  add(home,
      2,
      Thread(2, parent.base(1), parent.ordinal())
          .turn("b", std::string(9000, 'b'))
          .text());
  add(home, 1, parent.turn("late", std::string(9000, 'l')).text());
  const std::vector<std::string> fork{"a", "b"};
  const std::vector<std::string> own{"a", "late"};
  CHECK_EQ(turns_of(home, thread_id(2)), fork);
  CHECK_EQ(turns_of(home, thread_id(1)), own);
  const auto before = json_of(home, {"show", thread_id(2)});
  // A family is left alone by default, so another program compresses it here.
  for (const int number : {1, 2}) {
    ProgramStart zstd;
    zstd.command = {
        "zstd", "-q", "--rm", home / ("archived_sessions/" + file_name(number))};
    REQUIRE_EQ(run_program(zstd).code, 0);
  }
  CHECK_EQ(turns_of(home, thread_id(2)), fork);
  CHECK_EQ(json_of(home, {"show", thread_id(2)})[1], before[1]);
  std::filesystem::remove(home / ("archived_sessions/" + file_name(1) + ".zst"));
  const ProgramEnd orphan = home.run({"show", thread_id(2)});
  CHECK_EQ(orphan.code, 1);
  CHECK_HAS(orphan.err, "the rollout it inherits from is missing");
}

TEST_CASE("show reads a reverted thread by its newest rollout") {
  CodexHome home;
  Thread first(1, json::object());
  first.turn("a", "kept");
  const json base = first.base(1);
  const unsigned ordinal = first.ordinal();
  add(home, 1, first.turn("undone", "gone").text());
  const std::string newer = home / ("archived_sessions/rollout-2027-01-05T09-00-00-" +
                                    thread_id(1) + "_" + thread_id(9) + ".jsonl");
  write_file(newer, Thread(1, base, ordinal).turn("b", "after").text());
  set_age(newer, 31);
  const std::vector<std::string> now{"a", "b"};
  CHECK_EQ(turns_of(home, thread_id(1)), now);
  const auto lines = json_of(home, {"list"});
  REQUIRE_EQ(lines.size(), 2);
  CHECK_EQ(json_of(home, {"list", "--older"}).size(), 3);
}

TEST_CASE(
    "on a terminal show goes through the pager, and without one it is shown itself") {
  CodexHome home;
  Thread thread(1, json::object());
  for (int turn = 0; turn < 400; ++turn) {
    thread.turn("t" + std::to_string(turn), std::string(500, 'x') + "\nlast line");
  }
  add(home, 1, thread.turn("end", "the very end").text());
  const std::string file = home.outside() + "/paged";
  const Terminal paged = show_on_terminal(home, 1, "cat >" + file);
  CHECK_EQ(paged.end.code, 0);
  CHECK_EQ(paged.screen, "");
  CHECK_HAS(read_file(file), "the very end");
  for (const char* none : {"", " ", "cat", "no-such-pager", "/no/such/pager -x"}) {
    const std::string pager = none;
    CAPTURE(pager);
    const Terminal plain = show_on_terminal(home, 1, pager);
    CHECK_EQ(plain.end.code, 0);
    CHECK_EQ(plain.end.err, "");
    CHECK_HAS(plain.screen, "the very end");
  }
  const Terminal left = show_on_terminal(home, 1, "head -n 1");
  CHECK_EQ(left.end.code, 0);
  CHECK_EQ(left.end.err, "");
  CHECK_EQ(left.screen.find("the very end"), std::string::npos);
}
