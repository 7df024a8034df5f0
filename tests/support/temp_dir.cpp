#include "tests/support/temp_dir.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>
#include <stdlib.h>

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <stdexcept>
#include <system_error>

namespace coldpress {

namespace {

std::atomic<int> g_failures{0};

// doctest tells a running test nothing of its own failures.
class FailureCounter final : public doctest::IReporter {
public:
  explicit FailureCounter(const doctest::ContextOptions&) {}
  void report_query(const doctest::QueryData&) override {}
  void test_run_start() override {}
  void test_run_end(const doctest::TestRunStats&) override {}
  void test_case_start(const doctest::TestCaseData&) override {}
  void test_case_reenter(const doctest::TestCaseData&) override {}
  void test_case_end(const doctest::CurrentTestCaseStats&) override {}
  void test_case_exception(const doctest::TestCaseException&) override { ++g_failures; }
  void subcase_start(const doctest::SubcaseSignature&) override {}
  void subcase_end() override {}
  void log_assert(const doctest::AssertData& data) override {
    g_failures += data.m_failed ? 1 : 0;
  }
  void log_message(const doctest::MessageData&) override {}
  void test_case_skipped(const doctest::TestCaseData&) override {}
};

DOCTEST_REGISTER_LISTENER("failure_counter", 1, FailureCounter);

int litter_below(const std::string& dir) {
  int litter = 0;
  std::error_code ignored;
  for (auto at = std::filesystem::recursive_directory_iterator(dir, ignored);
       at != std::filesystem::recursive_directory_iterator();
       at.increment(ignored)) {
    litter += at->path().extension() == ".coldpress-part" ? 1 : 0;
  }
  return litter;
}

} // namespace

TempDir::TempDir() : failures_before_(g_failures) {
  const char* base = std::getenv("TMPDIR");
  path_ = fmt::format("{}/coldpress-test-XXXXXX", base != nullptr ? base : "/tmp");
  if (::mkdtemp(path_.data()) == nullptr) {
    throw std::runtime_error("mkdtemp " + path_);
  }
  path_ = std::filesystem::canonical(path_).string();
}

TempDir::~TempDir() {
  const int parts_left_behind = litter_below(path_);
  CHECK_EQ(parts_left_behind, 0);
  if (g_failures > failures_before_ || std::uncaught_exceptions() > 0) {
    fmt::print(stderr, "kept: {}\n", path_);
    return;
  }
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

} // namespace coldpress
