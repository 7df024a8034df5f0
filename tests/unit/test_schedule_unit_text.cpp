#include "worker/schedule/unit_text.hpp"

#include <doctest/doctest.h>

using namespace coldpress;

TEST_CASE("words of a command mean themselves to systemd") {
  CHECK_EQ(exec_line({"/usr/bin/coldpress", "run", "--quiet"}),
           "/usr/bin/coldpress run --quiet");
  CHECK_EQ(exec_line({"/opt/my tools/coldpress", "run"}),
           "\"/opt/my tools/coldpress\" run");
  CHECK_EQ(exec_line({"/opt/100%/c\"p", "a\\b"}), "\"/opt/100%%/c\\\"p\" \"a\\\\b\"");
}

TEST_CASE(
    "a dollar is doubled where systemd would put in a variable, but not in the path") {
  CHECK_EQ(exec_line({"/opt/$x/coldpress", "--store", "/s/$HOME"}),
           "\"/opt/$x/coldpress\" --store \"/s/$$HOME\"");
}

TEST_CASE("a value is changed in its own line only") {
  const std::string text = "# ExecStart=no\n[Service]\nExecStart=/a b\nType=oneshot\n";
  CHECK_EQ(with_value(text, "ExecStart", "/c"),
           "# ExecStart=no\n[Service]\nExecStart=/c\nType=oneshot\n");
  CHECK_EQ(value_in(text, "ExecStart"), "/a b");
  CHECK_EQ(value_in(text, "Start"), "");
}

TEST_CASE("all units of the package are built in") {
  for (const char* name : {"user/coldpress.service",
                           "user/coldpress.timer",
                           "user/coldpress-serve.service",
                           "system/coldpress@.service",
                           "system/coldpress@.timer",
                           "system/coldpress-serve@.service"}) {
    CAPTURE(name);
    CHECK_NE(packaged_unit(name).find("[Unit]\n"), std::string_view::npos);
  }
  CHECK(packaged_unit("user/other.service").empty());
}
