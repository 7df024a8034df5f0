#include "tests/integration/codex_home.hpp"

#include <doctest/doctest.h>
#include <sys/xattr.h>

#include <cerrno>

using namespace coldpress;

namespace {

std::string attribute(const std::string& path, const char* name) {
  std::string value(256, '\0');
  const ssize_t got = ::lgetxattr(path.c_str(), name, value.data(), value.size());
  value.resize(got < 0 ? 0 : static_cast<std::size_t>(got));
  return value;
}

// user::rw- user:1234:r-- group::--- mask::r-- other::---, as the kernel takes it.
std::string acl_with_one_reader() {
  std::string bytes("\x02\x00\x00\x00", 4);
  const auto entry = [&](char tag, char rights, const char* id) {
    bytes += tag;
    bytes += '\0';
    bytes += rights;
    bytes += '\0';
    bytes.append(id, 4);
  };
  const char* nobody = "\xff\xff\xff\xff";
  entry(0x01, 6, nobody);
  entry(0x02, 4, "\xd2\x04\x00\x00");
  entry(0x04, 0, nobody);
  entry(0x10, 4, nobody);
  entry(0x20, 0, nobody);
  return bytes;
}

void check_kept(const char* name, const std::string& value) {
  CodexHome home;
  const std::string rollout = home.add({});
  const std::string path = home / rollout;
  if (::lsetxattr(path.c_str(), name, value.data(), value.size(), 0) != 0) {
    REQUIRE_EQ(errno, EOPNOTSUPP);
    MESSAGE("skipped: this file system keeps no " << name);
    return;
  }
  const std::string before = attribute(path, name);
  REQUIRE_FALSE(before.empty());
  REQUIRE_EQ(home.compress().code, 0);
  CHECK_FALSE(exists(path));
  CHECK_EQ(differing(attribute(path + ".zst", name), before), "");
  REQUIRE_EQ(home.run({"restore", "--all"}).code, 0);
  CHECK_EQ(differing(attribute(path, name), before), "");
  CHECK_EQ(differing(read_file(path), rollout_content({})), "");
}

} // namespace

TEST_CASE("an extended attribute goes along when compressed and restored") {
  check_kept("user.project", "blue \x01 bird");
}

TEST_CASE("an ACL goes along when compressed and restored") {
  check_kept("system.posix_acl_access", acl_with_one_reader());
}
