#include "fsutil/text.hpp"
#include "tests/integration/codex_home.hpp"
#include "tests/support/control_rig.hpp"

#include <doctest/doctest.h>

using namespace coldpress;
using namespace std::chrono_literals;

namespace {

const WallTime k_time{std::chrono::sys_days{std::chrono::year{2026} / 1 / 2} + 3h};

ServiceStatus status_of(const std::string& store) {
  ServiceStatus status;
  status.pid = 4711;
  status.version = "1.2.3";
  status.started = k_time;
  status.state = ServiceState::running;
  ServiceStore& one = status.stores.emplace_back();
  one.path = store;
  one.state = ServiceState::running;
  one.progress = ServiceProgress{1, 1200, 2048, 4096};
  one.paused = true;
  one.last_run = ServiceRun{k_time + 1h, 3, 5, 6144, 1024};
  one.next_due = k_time + 24h;
  one.reason = "every 1d";
  one.pressure = ServicePressure{true, 1024, 2048};
  return status;
}

// A daemon of that home, in so far as it is asked: it repeats what it heard.
class Daemon {
public:
  explicit Daemon(const CodexHome& home)
      : home_((make_dirs(home / "coldpress"), home.path())),
        rig_([this](const ControlRequest& request,
                    const ControlServer::Answer& answer) { hear(request, answer); },
             {},
             home / "coldpress/control.sock") {}

private:
  void hear(const ControlRequest& request, const ControlServer::Answer& answer) {
    ControlReply reply;
    reply.text = fmt::format("{} {} {} {}",
                             name_of(request.command),
                             request.store == home_ ? "this" : request.store,
                             request.lasting ? format_duration(*request.lasting) : "-",
                             request.until ? format_time(*request.until) : "-");
    if (request.command == ControlCommand::status) {
      reply.status = status_of(home_);
    }
    if (request.command == ControlCommand::resume) {
      reply = ControlReply::failed(Errc::busy, "it stops");
    }
    answer(reply);
  }

  std::string home_;
  ControlRig rig_;
};

} // namespace

TEST_CASE("control status shows what the daemon knows") {
  const CodexHome home;
  const Daemon daemon(home);
  const ProgramEnd end = home.run({"control", "status"});
  CHECK(end.code == 0);
  CHECK(end.err.empty());
  CHECK_EQ(end.out,
           "coldpress serve 1.2.3, pid 4711, since 2026-01-02T03:00:00Z: running\n"
           "store      " +
               home.path() +
               "\n"
               "state      running: 1 of 1,200 rollouts, 2.0 KiB of 4.0 KiB; then paused "
               "until coldpress control resume\n"
               "next pass  2026-01-03T03:00:00Z: every 1d\n"
               "last pass  2026-01-02T04:00:00Z: some files failed; the next pass "
               "retries them; 5 compressed, 6.0 KiB -> 1.0 KiB\n"
               "space      1.0 KiB free, less than the 2.0 KiB of pressure.min_free: "
               "younger rollouts are compressed, too, the largest gain first\n");
}

TEST_CASE("control status --json is the daemon's own line") {
  const CodexHome home;
  const Daemon daemon(home);
  const ProgramEnd end = home.run({"control", "status", "--json"});
  CHECK(end.code == 0);
  ControlReply reply{std::nullopt, "status  - -", status_of(home.path())};
  CHECK_EQ(end.out, control_line(reply));
}

TEST_CASE("control run-now and pause say which store, and for how long") {
  const CodexHome home;
  const Daemon daemon(home);
  CHECK_EQ(home.run({"control", "run-now"}).out, "run-now this - -\n");
  CHECK_EQ(home.run({"control", "run-now", "--all"}).out, "run-now  - -\n");
  CHECK_EQ(home.run({"control", "pause"}).out, "pause this - -\n");
  CHECK_EQ(home.run({"control", "pause", "--for", "2h"}).out, "pause this 2h -\n");
  CHECK_EQ(home.run({"control", "pause", "--until", "2099-01-01T01:00:00+01:00"}).out,
           "pause this - 2099-01-01T00:00:00Z\n");
  CHECK(home.run({"control", "pause", "--quiet"}).out.empty());
}

TEST_CASE("what the daemon refuses is an error of control") {
  const CodexHome home;
  const Daemon daemon(home);
  const ProgramEnd end = home.run({"control", "resume", "--json"});
  CHECK(end.code == 75);
  CHECK_EQ(end.err, "coldpress: coldpress serve: it stops\n");
  CHECK_HAS(end.out, R"("code":"busy")");
}

TEST_CASE("control without a daemon says how to start one, and changes nothing") {
  const CodexHome home;
  const Listing before = list(home.path());
  const ProgramEnd end = home.run({"control", "status"});
  CHECK(end.code == 75);
  CHECK_HAS(end.err, "no coldpress serve runs for this store; start one with");
  CHECK_EQ(difference(before, list(home.path())), "");
}

TEST_CASE("wrong use of control is told, and nobody is asked") {
  const CodexHome home;
  const auto refused = [&](std::vector<std::string> words, const std::string& sentence) {
    words.insert(words.begin(), "control");
    const ProgramEnd end = home.run(std::move(words));
    CHECK(end.code == 2);
    CHECK_HAS(end.err, sentence);
  };
  refused({}, "ACTION is required");
  refused({"stat"}, "unknown action \"stat\", did you mean status?");
  refused({"resume", "--for", "2h"}, "--for and --until need pause");
  refused({"pause", "--for", "2"}, "the unit is missing");
  refused({"pause", "--until", "tomorrow"}, "\"tomorrow\" is not a time");
  refused({"pause", "--until", "2020-01-01T00:00:00Z"},
          "2020-01-01T00:00:00Z has passed");
  refused({"pause", "--for", "2h", "--until", "2099-01-01T00:00:00Z"}, "excludes");
  refused({"status", "--all"}, "leave out --all");
}
