#include "worker/cli/progress_bar.hpp"

#include <doctest/doctest.h>

using namespace coldpress;

namespace {

Progress half_way() {
  Progress progress;
  progress.files_done = 12;
  progress.files_total = 282;
  progress.bytes_done = 100 << 20;
  progress.bytes_total = 200 << 20;
  progress.current = "archived_sessions/rollout-2026-01-05T10-00-00-"
                     "01a010c2-3c40-78bd-ab0e-7158decdabe4.jsonl";
  return progress;
}

} // namespace

TEST_CASE("a run that only waits says for how long, for whom and for how many files") {
  Progress progress = half_way();
  progress.files_done = progress.files_total;
  progress.waiting_files = 7;
  progress.waiting_seconds = 10;
  CHECK_EQ(progress_text(progress, 5),
           "282 of 282 files done; waiting 10 s for late writers before it removes 7 "
           "plain files");
  CHECK_EQ(progress_line(progress, 5, 30), "282 of 282 files done; waiting");
  progress.waiting_seconds = 0;
  CHECK_EQ(progress_text(progress, 5), "282 of 282 files done; removing 7 plain files");
}

TEST_CASE("the bar shows rate, time to go and the thread under way on 80 columns") {
  const std::string line = progress_line(half_way(), 5, 79);
  CHECK_EQ(line,
           "[########........]   50%  12/282 files  20.0 MiB/s  0:05 to go  "
           "...7158decdabe4");
  CHECK_LE(line.size(), 79U);
}

TEST_CASE("a wide terminal gets the bytes and the whole thread id, too") {
  const std::string line = progress_line(half_way(), 5, 200);
  CHECK_NE(line.find("100.0 MiB of 200.0 MiB"), std::string::npos);
  CHECK_NE(line.find("01a010c2-3c40-78bd-ab0e-7158decdabe4"), std::string::npos);
}

TEST_CASE("a narrow terminal gets what matters most, whole") {
  CHECK_EQ(progress_line(half_way(), 5, 20), " 50%  0:05 to go");
  CHECK_EQ(progress_line(half_way(), 5, 8), " 50%");
  for (std::size_t width = 0; width < 120; ++width) {
    CHECK_LE(progress_line(half_way(), 5, width).size(), width);
  }
}

TEST_CASE("a line of its own says the same in words") {
  CHECK_EQ(progress_text(half_way(), 5),
           "50%: 12/282 files, 100.0 MiB of 200.0 MiB, 20.0 MiB/s, 0:05 to go, at "
           "01a010c2-3c40-78bd-ab0e-7158decdabe4");
}

TEST_CASE("before the first byte nothing is said about the time to go") {
  Progress progress = half_way();
  progress.bytes_done = 0;
  CHECK_EQ(progress_line(progress, 0, 79).find("to go"), std::string::npos);
  CHECK_EQ(progress_text(progress, 0).find("to go"), std::string::npos);
}

TEST_CASE("hours are told as hours") {
  CHECK_NE(progress_text(half_way(), 3700).find("1:01:40 to go"), std::string::npos);
}
