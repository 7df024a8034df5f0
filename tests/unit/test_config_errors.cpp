#include "config/load.hpp"
#include "tests/support/temp_dir.hpp"

#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <string>

using namespace coldpress;

namespace {

bool says(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

// The one error of a file with that text: what its context says.
std::string complaint(const std::string& toml) {
  const TempDir dir;
  const std::string path = dir / "config.toml";
  std::ofstream(path, std::ios::binary) << toml;
  LoadInputs inputs;
  inputs.config_path = path;
  inputs.environment["HOME"] = "/home/ada";
  const auto loaded = load_settings(inputs);
  CAPTURE(toml);
  REQUIRE_FALSE(loaded.has_value());
  CHECK(loaded.error().code == Errc::invalid);
  CHECK(loaded.error().path == path);
  REQUIRE(loaded.error().context.size() == 1);
  return loaded.error().context.front();
}

// The same where no single line of the file is wrong.
std::string complaint_of_text(const std::string& toml) {
  const TempDir dir;
  std::ofstream(dir / "config.toml", std::ios::binary) << toml;
  LoadInputs inputs;
  inputs.config_path = dir / "config.toml";
  const auto loaded = load_settings(inputs);
  REQUIRE_FALSE(loaded.has_value());
  CHECK(loaded.error().code == Errc::invalid);
  REQUIRE(loaded.error().context.size() == 1);
  return loaded.error().context.front();
}

// The one error of inputs without a file.
std::string complaint_of(LoadInputs inputs) {
  const TempDir dir;
  std::ofstream(dir / "config.toml").flush();
  inputs.config_path = dir / "config.toml";
  inputs.environment.emplace("HOME", "/home/ada");
  const auto loaded = load_settings(inputs);
  REQUIRE_FALSE(loaded.has_value());
  CHECK(loaded.error().code == Errc::invalid);
  REQUIRE(loaded.error().context.size() == 1);
  return loaded.error().context.front();
}

std::string complaint_of_variable(const std::string& name, const std::string& value) {
  LoadInputs inputs;
  inputs.environment[name] = value;
  return complaint_of(std::move(inputs));
}

} // namespace

TEST_CASE("an unknown key is an error with file, line and the nearest valid key") {
  CHECK(complaint("\n[scan]\ncold_aftr = '7d'\n") ==
        "config.toml:3: scan.cold_aftr: no such key; did you mean scan.cold_after?");
  CHECK(complaint("cold_after = '7d'\n") ==
        "config.toml:1: cold_after: no such key; did you mean scan.cold_after?");
  CHECK(complaint("publish.level = 3\n") ==
        "config.toml:1: publish.level: no such key; did you mean codec.level?");
  CHECK(complaint("zzzzzzzzzz = 1\n") ==
        "config.toml:1: zzzzzzzzzz: no such key; man coldpress.toml lists them all");
  CHECK(says(complaint("[scam]\n"), "config.toml:1: scam: no such key"));
  CHECK(says(complaint("store.path = '/a'\n"), "store.path: no such key"));
}

TEST_CASE("a key or a word of an earlier release is an error that names its successor") {
  CHECK(complaint("codec.repress = true\n") ==
        "config.toml:1: codec.repress: no such key; did you mean codec.recompress?");
  CHECK(says(complaint("compat.shared_history = 'press'\n"),
             "write one of auto, compress"));
  CHECK(says(complaint_of_variable("COLDPRESS_CODEC_REPRESS", "true"),
             "did you mean COLDPRESS_CODEC_RECOMPRESS?"));
}

TEST_CASE("store and stores of one source are an error, and so is a shared state_dir") {
  const std::string both = complaint_of_text("store = '/a'\nstores = ['/b', '/c']\n");
  CHECK(says(both, "config.toml:2: stores: store is set, too"));
  const std::string shared =
      complaint_of_text("state_dir = '/s'\nstores = ['/b', '/c']\n");
  CHECK(says(shared, "config.toml:1: state_dir: several stores cannot share one"));
}

TEST_CASE("a key's text in an error cannot drive the terminal") {
  CHECK(says(complaint("\"a\\u001b[2J\" = 1\n"), "a\\x1b[2J: no such key"));
}

TEST_CASE("what the TOML parser holds for impossible is an error with its line") {
  for (const char* line :
       {"settle\xEF\xBB\xBE = \"1h\"", "[ $ ]", "[\t\x1d]", "[ [a] ]", "\xCE\x88 = 1"}) {
    CAPTURE(line);
    CHECK(says(complaint(std::string("[scan]\n") + line + "\n[codec]\n"),
               "config.toml:2: "));
  }
}

TEST_CASE("a section written as a value, or as a list of sections, is an error") {
  CHECK(complaint("scan = 3\n") ==
        "config.toml:1: scan: this is a section, written [scan]");
  CHECK(says(complaint("[[scan]]\ncold_after = '7d'\n"), "this is a section"));
}

TEST_CASE("the first error in the order of the file is the one that is told") {
  CHECK(
      says(complaint("[scan]\nsettle = 'x'\n[codec]\nlevel = 99\n"), ":2: scan.settle"));
  CHECK(says(complaint("[zoo]\na = 1\n[codec]\nlevel = 99\n"), ":2: zoo.a"));
  CHECK(says(complaint("[limits]\njobs = 0\n[codec]\nlevel = 99\n"), ":2: limits.jobs"));
}

TEST_CASE("broken TOML is an error with its line") {
  CHECK(says(complaint("[scan]\n\ncold_after = \n"), "config.toml:3: "));
  CHECK(says(complaint("store = '/a'\nstore = '/b'\n"), "config.toml:2: "));
  CHECK(says(complaint("store = '/a\xFF'\n"), "config.toml:1: "));
  CHECK(says(complaint(std::string("a\0b = 1", 7)), "config.toml:1: "));
}

TEST_CASE("a bare number as a duration is an error that says how to write it") {
  const std::string what = complaint("[scan]\ncold_after = 7\n");
  CHECK(says(what, "config.toml:2: scan.cold_after: 7 has no unit"));
  CHECK(says(what, "\"7d\""));
}

TEST_CASE("a value of the wrong type is an error that says what to write") {
  struct Case {
    const char* toml;
    const char* is;
    const char* write;
  };
  for (const Case& one :
       {Case{"store = 1", "a number", "directory"},
        Case{"store = ['/a']", "a list", "directory"},
        Case{"store = {}", "a section", "directory"},
        Case{"stores = '/a'", "a string", "a list"},
        Case{"pressure.min_free = true", "a boolean", "\"8MiB\""},
        Case{"serve.every = 1", "1 has no unit", "\"7d\""},
        Case{"scan.cold_after = true", "a boolean", "\"7d\""},
        Case{"scan.roots = 'archived'", "a string", "[\"archived\"]"},
        Case{"scan.exclude = [1]", "not strings", "a list"},
        Case{"scan.active_without_lease = 'true'", "a string", "false"},
        Case{"limits.jobs = '2'", "a string", "from 1 to 64"},
        Case{"limits.jobs = 2.5", "a number with a point", "whole"},
        Case{"limits.memory = false", "a boolean", "\"8MiB\""},
        Case{"limits.time_budget = 60", "60 has no unit", "\"1h30m\""},
        Case{"pressure.io = '40'", "a string", "\"off\""},
        Case{"pressure.on_battery = true", "a boolean", "wait"},
        Case{"codec.window = '20'", "a string", "\"auto\""},
        Case{"compat.min_reader = 0.137", "with a point", "\"0.137\""},
        Case{"compat.shared_history = 1", "a number", "auto"},
        Case{"compat.gone = '0.135'", "a string", "0.135 until"},
        Case{"compat.gone = ['0.135']", "not a release", "until"},
        Case{"compat.gone = ['0.135 until']", "not a release", "until"},
        Case{"compat.gone = ['x until 2026-12-31']", "not a rel", "until"},
        Case{"compat.gone = ['0.135 until 2026-13-31']", "no", "until"},
        Case{"compat.gone = ['0.135 until 31.12.26']", "no", "until"},
        Case{"log.level = 2024-01-01", "a date", "info"}}) {
    const std::string what = complaint(one.toml);
    CAPTURE(what);
    CHECK(says(what, one.is));
    CHECK(says(what, one.write));
  }
}

TEST_CASE("a value out of range is an error that names the range") {
  CHECK(says(complaint("limits.jobs = 0"), "from 1 to 64"));
  CHECK(says(complaint("limits.jobs = 65"), "from 1 to 64"));
  CHECK(says(complaint("codec.level = 0"), "from 1 to 19"));
  CHECK(says(complaint("codec.level = 20"), "from 1 to 19"));
  CHECK(says(complaint("codec.window = 9"), "from 10 to 27"));
  CHECK(says(complaint("codec.window = 28"), "from 10 to 27"));
  CHECK(says(complaint("pressure.io = 0"), "\"off\" or a whole number from 1 to 100"));
  CHECK(says(complaint("pressure.io = 101"), "\"off\" or a whole number from 1 to 100"));
  CHECK(says(complaint("limits.memory = -1"), "not a size"));
  CHECK(says(complaint("limits.read_rate = -1"), "not a size"));
  CHECK(says(complaint("scan.cold_after = '101w1'"), "not a duration"));
  CHECK(says(complaint("scan.cold_after = '40000d'"), "100 years"));
  CHECK(says(complaint("scan.roots = []"), "no root"));
  CHECK(says(complaint("serve.every = '999ms'"), "at least 1s"));
  CHECK(says(complaint("pressure.min_free = 'none'"), "not a size"));
}

TEST_CASE("an unknown word is an error with the nearest one") {
  CHECK(says(complaint("scan.roots = ['archvied']"), "did you mean \"archived\"?"));
  CHECK(
      says(complaint("compat.shared_history = 'compres'"), "did you mean \"compress\"?"));
  CHECK(says(complaint("pressure.on_battery = 'waits'"), "did you mean \"wait\"?"));
  CHECK(says(complaint("log.level = 'loud'"), "trace, debug, info, warn, error, off"));
}

TEST_CASE("an exclude that could never match is an error") {
  CHECK(says(complaint("scan.exclude = ['work/private']"), "absolute directories"));
  CHECK(says(complaint("scan.exclude = ['']"), "absolute directories"));
  CHECK(says(complaint("scan.exclude = ['~bob/x']"), "another user's home"));
}

TEST_CASE("an empty path, and ~ without a home, are errors") {
  CHECK(says(complaint("store = ''"), "store: a path is missing"));
  LoadInputs inputs;
  inputs.environment["HOME"] = "";
  inputs.environment["COLDPRESS_STORE"] = "~/codex";
  CHECK(says(complaint_of(inputs), "needs $HOME"));
}

TEST_CASE("an unknown COLDPRESS_ variable is an error with the nearest valid one") {
  CHECK(complaint_of_variable("COLDPRESS_SCAN_COLD_AFTR", "7d") ==
        "$COLDPRESS_SCAN_COLD_AFTR: no such setting; did you mean "
        "COLDPRESS_SCAN_COLD_AFTER?");
  CHECK(says(complaint_of_variable("COLDPRESS_COLD_AFTER", "7d"),
             "COLDPRESS_SCAN_COLD_AFTER?"));
  CHECK(says(complaint_of_variable("COLDPRESS_CONFG", "x"), "COLDPRESS_CONFIG?"));
  CHECK(complaint_of_variable("COLDPRESS_QQQQQQQQ", "x") ==
        "$COLDPRESS_QQQQQQQQ: no such setting; man coldpress.toml lists them all");
}

TEST_CASE("a bad value of a variable or a flag is told with its name") {
  CHECK(says(complaint_of_variable("COLDPRESS_CODEC_LEVEL", "x"),
             "$COLDPRESS_CODEC_LEVEL: codec.level: \"x\" is not a whole number"));
  CHECK(says(complaint_of_variable("COLDPRESS_CODEC_LEVEL", "99999999999999999999"),
             "out of range"));
  CHECK(says(complaint_of_variable("COLDPRESS_SCAN_ACTIVE_WITHOUT_LEASE", "yes"),
             "neither true nor false"));
  LoadInputs inputs;
  inputs.flags = {{"scan.cold_after", "7"}};
  CHECK(says(complaint_of(inputs),
             "--cold-after: scan.cold_after: \"7\" is not a duration"));
  inputs.flags = {{"scan.cold_aftr", "7d"}};
  CHECK(says(complaint_of(inputs), "did you mean scan.cold_after?"));
}

TEST_CASE("--enable of anything else is an error that names it") {
  LoadInputs inputs;
  inputs.enable = {"shell_tool"};
  const std::string what = complaint_of(inputs);
  CHECK(says(what, "--enable shell_tool"));
  CHECK(says(what, "local_thread_store_compression"));
}

TEST_CASE("a named config that is missing, a directory or too large is an error") {
  const TempDir dir;
  LoadInputs inputs;
  inputs.environment["HOME"] = "/home/ada";
  inputs.config_path = dir / "none.toml";
  auto loaded = load_settings(inputs);
  REQUIRE_FALSE(loaded.has_value());
  CHECK(loaded.error().code == Errc::invalid);
  CHECK(says(describe(loaded.error()), dir / "none.toml"));
  CHECK(says(describe(loaded.error()), "ENOENT"));
  CHECK(says(describe(loaded.error()), "--config"));

  inputs.config_path = dir.path();
  loaded = load_settings(inputs);
  REQUIRE_FALSE(loaded.has_value());
  CHECK(says(describe(loaded.error()), "EISDIR"));

  std::ofstream(dir / "large.toml") << "#" << std::string(1024 * 1024, 'x');
  inputs.config_path = dir / "large.toml";
  loaded = load_settings(inputs);
  REQUIRE_FALSE(loaded.has_value());
  CHECK(says(describe(loaded.error()), "1.0 MiB"));

  inputs.config_path.clear();
  inputs.environment["COLDPRESS_CONFIG"] = dir / "none.toml";
  loaded = load_settings(inputs);
  REQUIRE_FALSE(loaded.has_value());
  CHECK(says(describe(loaded.error()), "$COLDPRESS_CONFIG"));
}

TEST_CASE("a default place that is no file is an error, not a silent default") {
  const TempDir dir;
  LoadInputs inputs;
  inputs.environment["HOME"] = dir.path();
  std::filesystem::create_directories(dir / ".config/coldpress/config.toml");
  const auto loaded = load_settings(inputs);
  REQUIRE_FALSE(loaded.has_value());
  CHECK(says(describe(loaded.error()), "EISDIR"));
}
