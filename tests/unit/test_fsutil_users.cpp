#include "fsutil/users.hpp"

#include <doctest/doctest.h>

using namespace coldpress;

TEST_CASE("a user is found by name, with uid and home") {
  const auto root = look_up_user("root");
  REQUIRE(root.has_value());
  REQUIRE(root->has_value());
  CHECK((*root)->uid == 0);
  CHECK((*root)->home.starts_with("/"));
}

TEST_CASE("a name that nobody has is no error") {
  const auto nobody = look_up_user("no-such-user-1");
  REQUIRE(nobody.has_value());
  CHECK_FALSE(nobody->has_value());
}
