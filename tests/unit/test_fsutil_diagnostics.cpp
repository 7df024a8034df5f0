#include "fsutil/diagnostics.hpp"

#include <doctest/doctest.h>

using namespace coldpress;

TEST_CASE("a message is one line, with the program's name before it") {
  const StderrLooks plain;
  CHECK_EQ(diagnostic_text(plain, Severity::error, "coldpress: bad\n"),
           "coldpress: bad\n");
  CHECK_EQ(diagnostic_text(plain, Severity::error, "coldpress: bad"), "coldpress: bad\n");
}

TEST_CASE("in the journal every line has its priority, and none the program's name") {
  StderrLooks journal;
  journal.journal = true;
  CHECK_EQ(diagnostic_text(journal, Severity::error, "coldpress: bad\n"), "<3>bad\n");
  CHECK_EQ(diagnostic_text(journal, Severity::warning, "one\ntwo\n"), "<4>one\n<4>two\n");
  CHECK_EQ(diagnostic_text(journal, Severity::notice, ""), "<5>\n");
  CHECK_EQ(diagnostic_text(journal, Severity::info, "x"), "<6>x\n");
  CHECK_EQ(diagnostic_text(journal, Severity::debug, "x"), "<7>x\n");
}
