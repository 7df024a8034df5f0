#include "config/codex_config.hpp"

#include <doctest/doctest.h>

using namespace coldpress;

namespace {

std::optional<bool> said(std::string_view text) {
  const auto found = codex_compression(text, "config.toml");
  REQUIRE(found.has_value());
  return *found;
}

} // namespace

TEST_CASE("Codex's configuration tells whether its own compressor is on") {
  CHECK(said("[features]\nlocal_thread_store_compression = true\n") == true);
  CHECK(said("[features]\nlocal_thread_store_compression = false\n") == false);
  CHECK(said("features.local_thread_store_compression = true\n") == true);
  CHECK_FALSE(said("model = \"x\"\n[features]\nplugins = true\n").has_value());
  CHECK_FALSE(said("").has_value());
}

TEST_CASE("a profile of Codex that compresses counts as on") {
  CHECK(said("[profiles.slow.features]\nlocal_thread_store_compression = true\n") ==
        true);
  CHECK(said("[features]\nlocal_thread_store_compression = true\n"
             "[profiles.quick.features]\nlocal_thread_store_compression = false\n") ==
        true);
}

TEST_CASE("a Codex configuration that is no TOML is an error that names it") {
  const auto found = codex_compression("[features\n", "/home/me/.codex/config.toml");
  REQUIRE_FALSE(found.has_value());
  CHECK(found.error().code == Errc::invalid);
  CHECK(found.error().path == "/home/me/.codex/config.toml");
}
