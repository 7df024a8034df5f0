#include "tests/integration/codex_home.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <filesystem>
#include <fstream>

using namespace coldpress;

namespace {

bool has_open(pid_t pid, const std::string& path) {
  const std::string dir = "/proc/" + std::to_string(pid) + "/fd";
  std::error_code gone; // a descriptor may be closed meanwhile
  for (const auto& entry : std::filesystem::directory_iterator(dir, gone)) {
    if (std::filesystem::read_symlink(entry.path(), gone) == path) {
      return true;
    }
  }
  return false;
}

const std::string k_text = "{\"ordinal\":0,\"type\":\"session_meta\"}\n"
                           "\n"
                           "{\"type\":\"event_msg\",\"ordinal\":1}\n"
                           "\xff no json\n"
                           "{\"half\":";

const std::vector<std::string> k_json{
    R"({"message_type":"line","line":1,"offset":0,"bytes":35,"newline":true,"state":"record","ordinal":0,"type":"session_meta"})",
    R"({"message_type":"line","line":2,"offset":36,"bytes":0,"newline":true,"state":"blank","ordinal":null,"type":null})",
    R"({"message_type":"line","line":3,"offset":37,"bytes":32,"newline":true,"state":"record","ordinal":1,"type":"event_msg"})",
    R"({"message_type":"line","line":4,"offset":70,"bytes":9,"newline":true,"state":"bad","ordinal":null,"type":null})",
    R"({"message_type":"line","line":5,"offset":80,"bytes":8,"newline":false,"state":"torn","ordinal":null,"type":null})"};

std::string joined(std::size_t from, std::size_t to, bool backward = false) {
  std::string text;
  for (std::size_t i = from; i < to; ++i) {
    text += k_json[backward ? to - 1 - (i - from) : i] + "\n";
  }
  return text;
}

// The rollout in both forms, each in a place of its own.
struct Both {
  TempDir dir;
  std::string plain = dir.path() + "/a/" + file_name(1);
  std::string compressed = dir.path() + "/b/" + file_name(1) + ".zst";

  explicit Both(const std::string& text = k_text) {
    make_dirs(dir.path() + "/a");
    make_dirs(dir.path() + "/b");
    write_file(plain, text);
    write_file(compressed.substr(0, compressed.size() - 4), text);
    REQUIRE_EQ(
        run_program(
            {{"zstd", "-q", "--rm", compressed.substr(0, compressed.size() - 4)}, {}})
            .code,
        0);
  }
  void check(std::vector<std::string> words, const std::string& want) const {
    for (const std::string& path : {plain, compressed}) {
      CAPTURE(path);
      const ProgramEnd end = cat(path, words);
      CHECK_EQ(end.code, 0);
      CHECK_EQ(differing(end.out, want), "");
      CHECK_EQ(end.err, "");
    }
  }
  static ProgramEnd cat(const std::string& path, std::vector<std::string> words) {
    words.insert(words.begin(), {"cat", path});
    return CodexHome().run(std::move(words));
  }
};

} // namespace

TEST_CASE("cat --json describes each line of either form") {
  const Both both;
  both.check({"--json"}, joined(0, 5));
  both.check({"--json", "--reverse"}, joined(0, 5, true));
  both.check({"--json", "--tail", "2"}, joined(3, 5));
  both.check({"--json", "--tail", "2", "--reverse"}, joined(3, 5, true));
  both.check({"--json", "--tail", "9"}, joined(0, 5));
  both.check({"--json", "--from-line", "3"}, joined(2, 5));
  both.check({"--json", "--from-offset", "37"}, joined(2, 5));
  both.check({"--json", "--from-offset", "38"}, joined(3, 5));
  both.check({"--json", "--from-offset", "900"}, "");
}

TEST_CASE("cat begins at a line or a byte, or prints the end, in either form") {
  const Both both;
  both.check({"--from-line", "4"}, k_text.substr(70));
  both.check({"--from-line", "6"}, "");
  both.check({"--from-offset", "3"}, k_text.substr(3));
  both.check({"--from-offset", "0"}, k_text);
  both.check({"--tail", "1"}, k_text.substr(80));
  both.check({"--tail", "3"}, k_text.substr(37));
  both.check({"--tail", "0"}, "");
  both.check({"--reverse", "--tail", "2"}, "{\"half\":\n\xff no json\n");
}

TEST_CASE("cat refuses options that do not go together") {
  const Both both;
  for (const std::vector<std::string>& words :
       std::vector<std::vector<std::string>>{{"--tail", "1", "--from-line", "2"},
                                             {"--from-offset", "1", "--from-line", "2"},
                                             {"--reverse", "--follow"},
                                             {"--reverse", "--from-line", "2"},
                                             {"--from-line", "0"},
                                             {"--tail", "-1"},
                                             {"--tail", "x"},
                                             {both.compressed, "--json"}}) {
    CAPTURE(words.front());
    const ProgramEnd end = Both::cat(both.plain, words);
    CHECK_EQ(end.code, 2);
    CHECK_EQ(end.out.find("session_meta"), std::string::npos);
  }
}

TEST_CASE("cat --json tells of damage behind what it could read") {
  const Both both(std::string(300'000, ' ') + "\n" + k_text);
  std::string frame = read_file(both.compressed);
  frame.resize(frame.size() - 3);
  write_file(both.compressed, frame);
  for (const std::vector<std::string>& words :
       std::vector<std::vector<std::string>>{{"--json"}, {"--json", "--reverse"}}) {
    const ProgramEnd end = Both::cat(both.compressed, words);
    CHECK_EQ(end.code, 4);
    CHECK_HAS(end.out, "\"message_type\":\"error\",\"code\":\"corrupt\"");
  }
}

TEST_CASE("cat --follow shows what is appended, across compressing and restoring") {
  for (const bool tail : {false, true}) {
    CAPTURE(tail);
    CodexHome home;
    const std::string rollout = home.add({});
    const std::string copy = home.outside() + (tail ? "/tail" : "/all");
    std::vector<std::string> words{
        "cat", thread_id(1), "--follow", "--store", home.path()};
    if (tail) {
      words.insert(words.end(), {"--tail", "0"});
    }
    std::string line = home.coldpress({}).command.front();
    for (const std::string& word : words) {
      line += " " + word;
    }
    Program follower({{"sh", "-c", "exec " + line + " > " + copy}, {}});
    const auto shows = [&](const std::string& text) {
      return follower.wait_until([&] { return exists(copy) && read_file(copy) == text; },
                                 std::chrono::seconds(20));
    };
    const std::string before = tail ? "" : rollout_bytes(home / rollout);
    REQUIRE(follower.wait_until([&] { return has_open(follower.pid(), home / rollout); },
                                std::chrono::seconds(20)));
    REQUIRE(shows(before));
    REQUIRE_EQ(home.compress().code, 0);
    REQUIRE_FALSE(exists(home / rollout));
    REQUIRE_EQ(home.run({"restore", thread_id(1)}).code, 0);
    std::ofstream(home / rollout, std::ios::app) << "{\"more\":1}\n";
    CHECK(shows(before + "{\"more\":1}\n"));
    follower.signal(2);
    CHECK_EQ(follower.wait().code, 130);
  }
}

TEST_CASE("cat --follow ends when nobody reads on") {
  const Both both;
  ProgramStart start =
      CodexHome().coldpress({"cat", both.plain, "--follow", "--tail", "0"});
  start.command.insert(start.command.begin(), {"timeout", "20"});
  start.stdout_broken = true;
  const ProgramEnd end = run_program(start);
  CHECK_EQ(end.code, 0);
  CHECK_EQ(end.err, "");
}
