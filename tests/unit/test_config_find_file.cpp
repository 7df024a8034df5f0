#include "config/find_file.hpp"
#include "tests/support/temp_dir.hpp"

#include <doctest/doctest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

using namespace coldpress;

namespace {

struct Rig {
  TempDir home;
  LoadInputs inputs;
  std::string file = home / ".config/coldpress/config.toml";

  Rig() {
    inputs.environment["HOME"] = home.path();
    std::filesystem::create_directories(home / ".config/coldpress");
  }
  // What the error says; empty: there was none.
  std::string error() {
    const auto found = find_config_file(inputs);
    return found ? std::string() : describe(found.error());
  }
};

bool says(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

} // namespace

TEST_CASE("a configuration that is a symlink to nothing is not passed over") {
  Rig rig;
  SUBCASE("the file") {
    std::filesystem::create_symlink(rig.home / "not-mounted", rig.file);
  }
  SUBCASE("its folder") {
    std::filesystem::remove(rig.home / ".config/coldpress");
    std::filesystem::create_symlink(rig.home / "gone", rig.home / ".config/coldpress");
  }
  SUBCASE("a folder above") {
    std::filesystem::remove_all(rig.home / ".config");
    std::filesystem::create_symlink(rig.home / "gone", rig.home / ".config");
  }
  SUBCASE("through another symlink") {
    std::filesystem::create_symlink(rig.home / "gone", rig.home / "second");
    std::filesystem::create_symlink(rig.home / "second", rig.file);
  }
  SUBCASE("to itself") {
    std::filesystem::create_symlink("config.toml", rig.file);
  }
  const std::string error = rig.error();
  CAPTURE(error);
  CHECK(says(error, rig.file));
  CHECK((says(error, "ENOENT") || says(error, "ELOOP")));
}

TEST_CASE("a configuration that is a FIFO is an error at once") {
  Rig rig;
  REQUIRE(::mkfifo(rig.file.c_str(), 0600) == 0);
  CHECK(says(rig.error(), "not a regular file"));
}

TEST_CASE("a configuration that may not be read is an error, for who is not root") {
  if (::geteuid() == 0) {
    MESSAGE("skipped: root may read everything");
    return;
  }
  Rig rig;
  std::ofstream(rig.file) << "x = 1\n";
  REQUIRE(::chmod(rig.file.c_str(), 0) == 0);
  CHECK(says(rig.error(), "EACCES"));
}

TEST_CASE("a configuration through symlinks that lead somewhere is read") {
  Rig rig;
  std::ofstream(rig.home / "dotfile") << "one";
  std::filesystem::create_symlink(rig.home / "dotfile", rig.file);
  const auto found = find_config_file(rig.inputs);
  REQUIRE(found.has_value());
  REQUIRE(found->has_value());
  CHECK((*found)->text == "one");
  CHECK((*found)->path == rig.file);
}

TEST_CASE("a default place where nothing is falls through") {
  Rig rig;
  std::filesystem::remove_all(rig.home / ".config");
  CHECK(rig.error().empty());
  std::ofstream(rig.home / ".config") << "a file where a folder could be";
  CHECK(rig.error().empty());
}
