#include "tests/support/fake_clock.hpp"
#include "tests/support/mem_fs.hpp"
#include "worker/schedule/cron_daemon.hpp"
#include "worker/schedule/schedule_verdict.hpp"

#include <doctest/doctest.h>

using namespace coldpress;
using namespace std::chrono_literals;

namespace {

constexpr WallTime k_now{std::chrono::sys_days{std::chrono::year{2026} / 11 / 26}};

ScheduleStatus good() {
  ScheduleStatus status;
  status.user = "alice";
  status.files = {{"/u/coldpress.timer", FileState::ours}};
  status.enabled = true;
  status.when = "*-*-* 03:12:00";
  status.lingers = true;
  status.found = TimerSettings{.store = "/home/alice/.codex",
                               .state_dir = "/home/alice/.codex/coldpress",
                               .metrics_dir = "",
                               .memory_bytes = 600U << 20U,
                               .feature_on = true,
                               .store_there = true};
  return status;
}

RunRow run_ago(std::chrono::hours age) {
  RunRow row;
  row.start.started = k_now - age;
  row.start.command = "run";
  return row;
}

void says(const ScheduleStatus& status, LookedAfter answer, const std::string& part) {
  const ScheduleVerdict verdict = verdict_of(status, k_now);
  CAPTURE(part);
  CHECK(name_of(verdict.answer) == name_of(answer));
  std::string all;
  for (const auto* sentences : {&verdict.why, &verdict.notes}) {
    for (const std::string& sentence : *sentences) {
      all += sentence + "\n";
    }
  }
  CHECK_MESSAGE(all.find(part) != std::string::npos, all);
  CHECK(all.empty() == part.empty());
}

} // namespace

TEST_CASE("a timer that is on, with the feature on, looks after its store") {
  says(good(), LookedAfter::yes, "");
  ScheduleStatus status = good();
  status.last = run_ago(30h);
  says(status, LookedAfter::yes, "");
}

TEST_CASE("what is not on looks after nothing, and the command fits who would start it") {
  ScheduleStatus status = good();
  status.enabled = false;
  says(status, LookedAfter::no, "the timer is off; to turn it on: coldpress schedule");
  status.files.clear();
  says(status, LookedAfter::no, "no timer is installed");
  status.for_system = true;
  says(status, LookedAfter::no, "sudo coldpress schedule install --system alice");
  status.serve_active = true;
  says(status, LookedAfter::yes, "");
}

TEST_CASE("a run that would change nothing, or has no store, looks after nothing") {
  ScheduleStatus status = good();
  status.found->feature_on = false;
  says(status, LookedAfter::no, "the feature is off");
  status = good();
  status.found->store_there = false;
  says(status, LookedAfter::no, "there is no /home/alice/.codex");
  status = good();
  status.found.reset();
  status.settings_trouble = "config.toml: line 3";
  says(status, LookedAfter::unknown, "config.toml: line 3");
}

TEST_CASE("a timer of cron needs cron to run, and not knowing it is no yes") {
  ScheduleStatus status = good();
  status.kind = ScheduleKind::cron;
  status.when = "12 3 * * *";
  status.starter_runs = true;
  says(status, LookedAfter::yes, "");
  status.starter_runs = false;
  says(status, LookedAfter::no, "cron does not run");
  status.starter_runs.reset();
  says(status, LookedAfter::unknown, "is not known");
}

TEST_CASE("a timer whose last run is long ago does not come") {
  ScheduleStatus status = good();
  status.last = run_ago(12 * 24h);
  says(status, LookedAfter::no, "12 days ago");
  status.when = "Mon *-*-* 03:00:00";
  says(status, LookedAfter::yes, "");
  status.last = run_ago(20 * 24h);
  says(status, LookedAfter::no, "20 days ago");
  status.serve_active = true;
  says(status, LookedAfter::yes, "");
}

TEST_CASE("a unit of the system that may not write its store looks after nothing") {
  ScheduleStatus status = good();
  status.for_system = true;
  status.writable = {"/home/alice/.codex"};
  says(status, LookedAfter::yes, "");
  status.found->metrics_dir = "/var/lib/node_exporter";
  says(status, LookedAfter::yes, "may not write /var/lib/node_exporter");
  status.writable.emplace_back("/var/lib/node_exporter");
  says(status, LookedAfter::yes, "");
  status.found->store = "/home/alice/.codex2";
  says(status, LookedAfter::no, "may not write /home/alice/.codex2");
}

TEST_CASE("a unit with less memory than a run may take looks after less") {
  ScheduleStatus status = good();
  status.memory_max = 2000ULL << 20U;
  says(status, LookedAfter::yes, "");
  status.memory_max = 200U << 20U;
  says(status, LookedAfter::yes, "its unit may use 200.0 MiB of memory");
}

TEST_CASE("without lingering the answer holds while the user is logged in") {
  ScheduleStatus status = good();
  status.lingers = false;
  says(status, LookedAfter::yes, "only while alice is logged in");
}

TEST_CASE("cron runs if a process has its name, and hidden processes tell nothing") {
  FakeClock clock;
  MemFs fs{clock};
  CHECK_FALSE(cron_runs(fs).has_value());
  fs.put("/proc/40/comm", "cron\n");
  CHECK_FALSE(cron_runs(fs).has_value()); // process 1 cannot be seen
  fs.put("/proc/1/comm", "systemd\n");
  CHECK(cron_runs(fs) == true);
  fs.put("/proc/40/comm", "crontab\n");
  fs.put("/proc/acpi/comm", "cron\n");
  CHECK(cron_runs(fs) == false);
}
