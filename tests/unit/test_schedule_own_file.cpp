#include "worker/schedule/own_file.hpp"

#include <doctest/doctest.h>

using namespace coldpress;

TEST_CASE("a file as coldpress wrote it is ours") {
  CHECK_EQ(author_of(marked("[Unit]\na=b\n", CommentForm::hash)), Author::ours);
  const std::string xml = marked("<?xml version=\"1.0\"?>\n<plist/>\n", CommentForm::xml);
  CHECK(xml.starts_with("<?xml version=\"1.0\"?>\n<!-- "));
  CHECK_EQ(author_of(xml), Author::ours);
}

TEST_CASE("any change makes a file somebody else's") {
  const std::string text = marked("[Unit]\na=b\n", CommentForm::hash);
  CHECK_EQ(author_of(text + "# mine\n"), Author::edited);
  CHECK_EQ(author_of("# mine\n" + text), Author::edited);
  std::string changed = text;
  changed.replace(changed.find("a=b"), 3, "a=c");
  CHECK_EQ(author_of(changed), Author::edited);
}

TEST_CASE("a file without the mark is not ours, whatever else it says") {
  CHECK_EQ(author_of(""), Author::other);
  CHECK_EQ(author_of("[Unit]\na=b\n"), Author::other);
  CHECK_EQ(author_of("# coldpress-schedule 123\n"), Author::other);
}

TEST_CASE("a line of a crontab carries its mark with it") {
  const std::string line = marked_line("1 2 * * * /usr/bin/coldpress run");
  CHECK_EQ(author_of_line(line), Author::ours);
  CHECK_EQ(author_of_line("0" + line), Author::edited);
  CHECK_EQ(author_of_line("# " + line), Author::edited);
  CHECK_EQ(author_of_line(line + " more"), Author::edited);
  CHECK_EQ(author_of_line("1 2 * * * /usr/bin/coldpress run"), Author::other);
}
