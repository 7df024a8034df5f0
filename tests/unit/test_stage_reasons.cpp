#include "worker/stage/reason.hpp"

#include <doctest/doctest.h>

#include <cerrno>
#include <fstream>
#include <iterator>
#include <string>

using namespace coldpress;

namespace {

std::string_view reason(int err, std::string_view op) {
  return name_of(reason_for(Error::from_errno(err, op, "f")));
}

} // namespace

TEST_CASE("a failed call says of a rollout what the errno says") {
  CHECK(reason(EACCES, "open") == "unreadable");
  CHECK(reason(EACCES, "opendir") == "unreadable");
  for (const std::string_view op :
       {"create", "open O_TMPFILE", "linkat", "renameat2", "unlink", "open to write"}) {
    CAPTURE(op);
    CHECK(reason(EACCES, op) == "not_writable");
  }
  CHECK(reason(EROFS, "create") == "read_only");
  CHECK(reason(EPERM, "renameat2") == "not_permitted");
  CHECK(reason(ELOOP, "open") == "symlink");
  CHECK(reason(ENAMETOOLONG, "linkat") == "name_too_long");
  CHECK(reason(EOVERFLOW, "futimens") == "time_out_of_range");
  CHECK(reason(EISDIR, "open") == "not_regular");
  CHECK(reason(ENOENT, "open") == "vanished");
  CHECK(reason(ENOSPC, "write") == "no_space");
  CHECK(reason(EIO, "open") == "io_error");
  CHECK(reason(EBUSY, "renameat2") == "mount_point");
  CHECK(reason(EAGAIN, "open") == "open_for_writing");
  CHECK(reason(EAGAIN, "flock") == "live_writer");
}

TEST_CASE("every reason has a name of its own and a meaning") {
  for (int nth = 0; nth <= static_cast<int>(Reason::no_time); ++nth) {
    const auto each = static_cast<Reason>(nth);
    CHECK(reason_from(name_of(each)) == each);
    CHECK_FALSE(explain(each).empty());
  }
}

TEST_CASE("FORMAT.md says of every reason what the program says") {
  std::ifstream file(COLDPRESS_FORMAT);
  const std::string document((std::istreambuf_iterator<char>(file)), {});
  REQUIRE_FALSE(document.empty());
  for (int nth = 0; nth <= static_cast<int>(Reason::no_time); ++nth) {
    const auto each = static_cast<Reason>(nth);
    const std::string row = "\n| `" + std::string(name_of(each)) + "` | " +
                            std::string(explain(each)) + " |\n";
    CHECK_MESSAGE(document.find(row) != std::string::npos, row);
  }
}
