#include "config/enable_feature.hpp"

#include <doctest/doctest.h>

using namespace coldpress;

namespace {

std::string enabled(const std::string& text) {
  const auto changed = enable_feature(text, "config.toml");
  return changed ? *changed : "refused: " + changed.error().context.front();
}

constexpr const char* k_line = "local_thread_store_compression = true\n";

} // namespace

TEST_CASE("an empty configuration gets the section and the feature") {
  CHECK_EQ(enabled(""), std::string("[features]\n") + k_line);
}

TEST_CASE("a configuration without the section gets it at its end") {
  CHECK_EQ(enabled("# mine\n[limits]\njobs = 1 # few\n"),
           std::string("# mine\n[limits]\njobs = 1 # few\n\n[features]\n") + k_line);
  CHECK_EQ(enabled("store = \"/s\""),
           std::string("store = \"/s\"\n\n[features]\n") + k_line);
}

TEST_CASE("a section that is there gets the line") {
  CHECK_EQ(enabled("  [features] # of Codex\n\n[limits]\njobs = 1\n"),
           std::string("  [features] # of Codex\n") + k_line + "\n[limits]\njobs = 1\n");
  CHECK_EQ(enabled("[features]"), std::string("[features]\n") + k_line);
}

TEST_CASE("a feature that is off is turned on, and the rest of its line stays") {
  CHECK_EQ(enabled("a = 1\n[features]\n local_thread_store_compression =  false  # no\n"),
           "a = 1\n[features]\n local_thread_store_compression =  true  # no\n");
  CHECK_EQ(enabled("features.local_thread_store_compression=false\n"),
           "features.local_thread_store_compression=true\n");
}

TEST_CASE("lines end as they did") {
  CHECK_EQ(enabled("[features]\r\n[limits]\r\n"),
           "[features]\r\nlocal_thread_store_compression = true\r\n[limits]\r\n");
}

TEST_CASE("a configuration that has the feature on stays as it is") {
  const std::string text = "[features]\nlocal_thread_store_compression = true # yes\n";
  CHECK_EQ(enabled(text), text);
}

TEST_CASE("what cannot be changed safely is refused") {
  for (const char* text : {"features = { local_thread_store_compression = false }\n",
                           "features = {}\n",
                           "note = \"\"\"\n[features]\n\"\"\"\n",
                           "[features]\nlocal_thread_store_compression = \"no\"\n"}) {
    CAPTURE(text);
    CHECK(enabled(text).starts_with("refused: a program cannot change it safely"));
  }
}

TEST_CASE("what is no TOML is refused with the place") {
  CHECK(enabled("[limits\n").starts_with("refused: config.toml:1"));
}
