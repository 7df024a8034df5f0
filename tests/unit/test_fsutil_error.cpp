#include "fsutil/error.hpp"
#include "fsutil/fs.hpp"
#include "fsutil/result.hpp"

#include <doctest/doctest.h>

#include <cerrno>
#include <memory>
#include <set>

namespace coldpress {

namespace {

Errc code_of(int err) {
  return Error::from_errno(err, "op", "path").code;
}

Result<int> number(bool good) {
  if (!good) {
    return Fail(Error{Errc::busy, 0, "number", "p", {}});
  }
  return 7;
}

Result<std::string> text_of(bool good) {
  TRY(number(good));
  TRY_ASSIGN(const int value, number(good));
  return std::to_string(value);
}

} // namespace

TEST_CASE("errno is sorted by what to do next, and kept") {
  CHECK_EQ(code_of(ENOENT), Errc::not_found);
  CHECK_EQ(code_of(EEXIST), Errc::exists);
  CHECK_EQ(code_of(EAGAIN), Errc::busy);
  CHECK_EQ(code_of(ENOSPC), Errc::no_space);
  CHECK_EQ(code_of(EDQUOT), Errc::no_space);
  CHECK_EQ(code_of(EACCES), Errc::denied);
  CHECK_EQ(code_of(EROFS), Errc::denied);
  CHECK_EQ(code_of(EOPNOTSUPP), Errc::unsupported);
  CHECK_EQ(code_of(ELOOP), Errc::invalid);
  CHECK_EQ(code_of(EIO), Errc::io);
  CHECK_EQ(code_of(12345), Errc::io);
  CHECK_EQ(Error::from_errno(ENOSPC, "op", "path").sys, ENOSPC);
}

TEST_CASE("every error code has a name of its own") {
  std::set<std::string_view> names;
  for (int code = 0; code <= static_cast<int>(Errc::canceled); ++code) {
    names.insert(name_of(static_cast<Errc>(code)));
  }
  CHECK_EQ(names.size(), static_cast<std::size_t>(Errc::canceled) + 1);
  CHECK_EQ(names.count("unknown"), 0);
}

TEST_CASE("errno_name is the constant's name") {
  CHECK_EQ(errno_name(ENOSPC), "ENOSPC");
  CHECK_EQ(errno_name(0), "");
  CHECK_EQ(errno_name(12345), "errno 12345");
}

TEST_CASE("describe tells call, path, reason and context in one line") {
  const Error error = Error::from_errno(ENOSPC, "write", "/d/a").in("while encoding");
  const std::string line = describe(error);
  CHECK_EQ(line, "write /d/a: No space left on device (ENOSPC); while encoding");
  CHECK_EQ(describe(Error{Errc::changed, 0, "stamp", "", {}}), "stamp: changed");
  CHECK_EQ(describe(Error{Errc::not_found, 0, "find", "x", {"no such rollout"}}),
           "find x: no such rollout");
}

TEST_CASE("TRY and TRY_ASSIGN hand on the error, or the value") {
  CHECK_EQ(text_of(true).value(), "7");
  const auto failed = text_of(false);
  REQUIRE_FALSE(failed);
  CHECK_EQ(failed.error().code, Errc::busy);
  CHECK_EQ(failed.error().op, "number");
}

TEST_CASE("paths are split and joined as documented") {
  CHECK_EQ(parent_dir("a/b/c"), "a/b");
  CHECK_EQ(parent_dir("c"), ".");
  CHECK_EQ(parent_dir("/c"), "/");
  CHECK_EQ(base_name("a/b/c"), "c");
  CHECK_EQ(base_name("c"), "c");
  CHECK_EQ(join_path("a", "b"), "a/b");
  CHECK_EQ(join_path("/", "b"), "/b");
}

} // namespace coldpress
