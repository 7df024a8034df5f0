#include "locking/guards.hpp"
#include "locking/kernel_lease.hpp"
#include "worker/stage/reason.hpp"

#include <doctest/doctest.h>

#include <cerrno>
#include <fstream>
#include <set>
#include <sstream>
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
  CHECK(name_of(reason_for({Errc::corrupt, 0, "decode", "x.jsonl.zst", {}})) ==
        "damaged");
  CHECK(reason(EBUSY, "renameat2") == "mount_point");
  CHECK(reason(EAGAIN, "open") == "open_for_writing");
  CHECK(reason(EAGAIN, k_maintenance_op) == "maintenance");
  CHECK(reason(EAGAIN, k_lease_op) == "open_for_writing");
  CHECK(reason(EAGAIN, "flock") == "live_writer");
}

TEST_CASE("every reason has a name of its own and a meaning") {
  std::set<std::string_view> names;
  for (int nth = 0; nth <= static_cast<int>(Reason::no_time); ++nth) {
    const auto each = static_cast<Reason>(nth);
    CAPTURE(name_of(each));
    CHECK(names.insert(name_of(each)).second);
    CHECK_FALSE(explain(each).empty());
  }
}

TEST_CASE("the documents list every reason, and FORMAT.md says what each means") {
  const auto read = [](const std::string& name) {
    std::ostringstream text;
    text << std::ifstream(COLDPRESS_SOURCE "/" + name, std::ios::binary).rdbuf();
    return text.str();
  };
  const std::string format = read("worker/cli/FORMAT.md");
  const std::string design = read("DESIGN.md");
  for (int nth = 0; nth <= static_cast<int>(Reason::no_time); ++nth) {
    const auto each = static_cast<Reason>(nth);
    const std::string name = "`" + std::string(name_of(each)) + "`";
    CAPTURE(name);
    CHECK(format.find("| " + name + " | " + std::string(explain(each)) + " |\n") !=
          std::string::npos);
    CHECK(design.find(name) != std::string::npos);
  }
}
