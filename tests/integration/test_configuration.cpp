#include "tests/integration/codex_home.hpp"

#include <doctest/doctest.h>

using namespace coldpress;

namespace {

struct Configured {
  CodexHome home;
  std::string file = home.outside() + "/coldpress.toml";

  ProgramEnd run(const std::string& toml, std::vector<std::string> words = {"config"}) {
    write_file(file, toml);
    words.insert(words.end(), {"--config", file});
    return home.run(std::move(words));
  }
};

} // namespace

TEST_CASE("a bad configuration is one error with file, line and what to write") {
  Configured configured;
  SUBCASE("an unknown key") {
    const ProgramEnd end = configured.run("[scan]\ncold_aftr = \"7d\"\n");
    CHECK_EQ(end.code, 2);
    CHECK_HAS(end.err, configured.file);
    CHECK_HAS(end.err, "coldpress.toml:2");
    CHECK_HAS(end.err, "scan.cold_after");
  }
  SUBCASE("a wrong type") {
    const ProgramEnd end = configured.run("[limits]\n\njobs = \"many\"\n");
    CHECK_EQ(end.code, 2);
    CHECK_HAS(end.err, "coldpress.toml:3");
    CHECK_HAS(end.err, "limits.jobs");
  }
  SUBCASE("out of range") {
    const ProgramEnd end = configured.run("[codec]\nlevel = 99\n");
    CHECK_EQ(end.code, 2);
    CHECK_HAS(end.err, "coldpress.toml:2");
    CHECK_HAS(end.err, "codec.level");
    CHECK_HAS(end.err, "19");
  }
  SUBCASE("a duration without a unit") {
    const ProgramEnd end = configured.run("[scan]\nsettle = \"15\"\n");
    CHECK_EQ(end.code, 2);
    CHECK_HAS(end.err, "coldpress.toml:2");
  }
  SUBCASE("not TOML") {
    const ProgramEnd end = configured.run("[scan\n");
    CHECK_EQ(end.code, 2);
    CHECK_HAS(end.err, "coldpress.toml:1");
  }
}

TEST_CASE("an option before the command is an error that says where it belongs") {
  const CodexHome home;
  const ProgramEnd before = home.run({"--json", "plan"});
  CHECK_EQ(before.code, 2);
  CHECK_HAS(before.err, "options follow the command: coldpress plan --json");
  const ProgramEnd alone = home.run({"--cold-after", "3d"});
  CHECK_EQ(alone.code, 2);
  CHECK_HAS(alone.err, "options follow the command: coldpress COMMAND --cold-after");
}

TEST_CASE("a bad configuration stops run before anything is changed") {
  Configured configured;
  configured.home.add({});
  const Listing before = list(configured.home.path());
  const ProgramEnd end = configured.run(
      "[scan]\nroot = 1\n",
      {"run", "--once", "--enable", "local_thread_store_compression", "--json"});
  CHECK_EQ(end.code, 2);
  CHECK_HAS(end.out, R"({"message_type":"error","code":"invalid")");
  CHECK_EQ(difference(before, list(configured.home.path())), "");
}

TEST_CASE("flags win over variables, variables over the file") {
  Configured configured;
  write_file(configured.file, "[scan]\ncold_after = \"3d\"\nsettle = \"2h\"\n");
  ProgramStart start =
      configured.home.coldpress({"config", "--config", configured.file, "--jobs", "5"});
  start.environment["COLDPRESS_SCAN_COLD_AFTER"] = "4d";
  start.environment["COLDPRESS_LIMITS_JOBS"] = "6";
  const ProgramEnd end = run_program(start);
  CHECK_EQ(end.code, 0);
  CHECK_HAS(end.out, "$COLDPRESS_SCAN_COLD_AFTER");
  CHECK_HAS(end.out, "coldpress.toml:3");
  CHECK_HAS(end.out, "--jobs");
}

TEST_CASE("a variable and a file are found where they may be") {
  CodexHome home;
  make_dirs(home.outside() + "/xdg/coldpress");
  const std::string file = home.outside() + "/xdg/coldpress/config.toml";
  write_file(file, "[limits]\njobs = 7\n");
  ProgramStart start = home.coldpress({"config"});
  start.environment["XDG_CONFIG_HOME"] = home.outside() + "/xdg";
  CHECK_HAS(run_program(start).out, file + ":2");

  const std::string named = home.outside() + "/named.toml";
  write_file(named, "[limits]\njobs = 8\n");
  start.environment["COLDPRESS_CONFIG"] = named;
  CHECK_HAS(run_program(start).out, named + ":2");

  start.environment["COLDPRESS_CONFIG"] = home.outside() + "/missing.toml";
  const ProgramEnd missing = run_program(start);
  CHECK_EQ(missing.code, 2);
  CHECK_HAS(missing.err, "missing.toml");
}

TEST_CASE("a bad variable or flag is refused and named") {
  const CodexHome home;
  ProgramStart start = home.coldpress({"config"});
  start.environment["COLDPRESS_SCAN_SETTLE"] = "soon";
  const ProgramEnd variable = run_program(start);
  CHECK_EQ(variable.code, 2);
  CHECK_HAS(variable.err, "COLDPRESS_SCAN_SETTLE");
  const ProgramEnd flag = home.run({"plan", "--cold-after", "soon"});
  CHECK_EQ(flag.code, 2);
  CHECK_HAS(flag.err, "--cold-after");
  CHECK_EQ(home.run({"plan", "--no-such-flag"}).code, 2);
}

TEST_CASE("config.toml in the store is Codex's and is never read as ours") {
  CodexHome home;
  write_file(home / "config.toml",
             "model = \"x\"\n[features]\nlocal_thread_store_compression = true\n"
             "[scan]\nsettle = 3\n");
  home.add({});
  const ProgramEnd config = home.run({"config"});
  CHECK_EQ(config.code, 0);
  CHECK_EQ(config.out.find("config.toml"), std::string::npos);
  const ProgramEnd run = home.run({"run", "--once", "--settle", "0s"});
  CHECK_EQ(run.code, 0);
  CHECK(names_ending(home.path(), ".zst").empty());
}

TEST_CASE("the store is --store, else the variable, else CODEX_HOME, else ~/.codex") {
  const CodexHome home;
  const auto store_with = [&](std::map<std::string, std::string> environment) {
    environment.emplace("HOME", home.outside());
    return run_program({{COLDPRESS_PROGRAM, "config"}, std::move(environment)}).out;
  };
  CHECK_HAS(store_with({}), home.outside() + "/.codex");
  CHECK_HAS(store_with({{"CODEX_HOME", "/somewhere/codex"}}), "/somewhere/codex");
  CHECK_HAS(
      store_with({{"CODEX_HOME", "/somewhere/codex"}, {"COLDPRESS_STORE", "/our/own"}}),
      "/our/own");
}
