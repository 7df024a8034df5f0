#include "config/keys.hpp"
#include "config/load.hpp"
#include "tests/support/temp_dir.hpp"

#include <doctest/doctest.h>

#include <fstream>
#include <sstream>
#include <string>

using namespace coldpress;

namespace {

const std::string k_example = COLDPRESS_EXAMPLE;

std::string example() {
  std::ostringstream text;
  text << std::ifstream(k_example, std::ios::binary).rdbuf();
  REQUIRE_FALSE(text.str().empty());
  return text.str();
}

// Takes the "#" from every setting: they have no space after it, prose has one.
std::string with_settings_on(const std::string& text) {
  std::istringstream lines(text);
  std::string out;
  for (std::string line; std::getline(lines, line);) {
    const bool setting = line.size() > 1 && line[0] == '#' && line[1] != ' ';
    out += (setting ? line.substr(1) : line) + "\n";
  }
  return out;
}

LoadedSettings load(const std::string& path) {
  LoadInputs inputs;
  inputs.config_path = path;
  inputs.environment["HOME"] = "/home/ada";
  const auto loaded = load_settings(inputs);
  if (!loaded) {
    FAIL(describe(loaded.error()));
  }
  return *loaded;
}

} // namespace

TEST_CASE("the example configuration loads as it is and changes nothing") {
  for (const EffectiveValue& value : load(k_example).values) {
    CAPTURE(value.key);
    CHECK(value.origin == "default");
  }
}

TEST_CASE("the example configuration holds every key with its default value") {
  const TempDir dir;
  const std::string on = dir / "on.toml";
  const std::string off = dir / "off.toml";
  std::ofstream(on) << with_settings_on(example());
  std::ofstream(off).flush();
  const LoadedSettings written = load(on);
  const LoadedSettings defaults = load(off);
  REQUIRE(written.values.size() == defaults.values.size());
  for (std::size_t at = 0; at < written.values.size(); ++at) {
    CAPTURE(written.values[at].key);
    CHECK(written.values[at].value == defaults.values[at].value);
    CHECK(written.values[at].origin.starts_with(on));
  }
}
