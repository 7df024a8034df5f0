#include "tests/support/fake_clock.hpp"
#include "tests/support/fake_programs.hpp"
#include "tests/support/mem_fs.hpp"
#include "worker/schedule/schedule.hpp"
#include "worker/schedule/timer_files.hpp"
#include "worker/schedule/unit_text.hpp"

#include <doctest/doctest.h>

using namespace coldpress;

namespace {

constexpr const char* k_units = "/home/alice/.config/systemd/user/";

struct Rig {
  FakeClock clock;
  MemFs fs{clock};
  FakePrograms programs;
  ScheduleRequest request;
  std::vector<ScheduleStep> steps;

  Rig() {
    fs.put_dir("/home/alice/.config");
    request.program = "/usr/local/bin/coldpress";
    request.config_home = "/home/alice/.config";
    request.runtime_dir = "/run/user/1000";
    request.host = "host";
    request.users = {{.name = "alice",
                      .uid = 1000,
                      .home = "/home/alice",
                      .store = "/home/alice/.codex",
                      .state_dir = "/home/alice/.codex/coldpress",
                      .arguments = {}}};
    programs.answer("systemctl", {});
    timer_is("", "inactive");
    programs.answer("loginctl", {0, "Linger=yes\n", ""});
    programs.answer("crontab -l", {1, "", "no crontab for alice\n"});
    programs.answer("crontab", {});
    programs.answer("launchctl", {});
    programs.answer("launchctl print", {113, "", ""});
  }

  void timer_is(const std::string& file, const std::string& active) {
    programs.answer("systemctl --user show",
                    {0,
                     "UnitFileState=" + file + "\nActiveState=" + active +
                         "\nNextElapseUSecRealtime=Thu 2026-11-26 03:12:05 UTC\n"
                         "ExecMainExitTimestamp=\nExecMainStatus=0\n",
                     ""});
  }

  ScheduleActions actions(bool dry_run = false) {
    steps.clear();
    programs.calls.clear();
    return {fs, programs.run(), dry_run, [this](const ScheduleStep& step) {
              steps.push_back(step);
            }};
  }

  bool told(ScheduleStep::Kind kind, const std::string& part) const {
    return std::any_of(steps.begin(), steps.end(), [&](const ScheduleStep& step) {
      return step.kind == kind && step.what.find(part) != std::string::npos;
    });
  }

  std::size_t changes() const {
    return static_cast<std::size_t>(
        std::count_if(steps.begin(), steps.end(), [](const ScheduleStep& step) {
          return step.kind == ScheduleStep::Kind::write ||
                 step.kind == ScheduleStep::Kind::remove ||
                 step.kind == ScheduleStep::Kind::run;
        }));
  }
};

using Kind = ScheduleStep::Kind;

} // namespace

TEST_CASE("a timer is installed by two files, a reload and enabling it") {
  Rig rig;
  REQUIRE(install_schedule(rig.request, rig.actions()));
  CHECK_EQ(value_in(rig.fs.get(std::string(k_units) + "coldpress.service"), "ExecStart"),
           "/usr/local/bin/coldpress run --quiet --retry-busy");
  CHECK(rig.fs.exists(std::string(k_units) + "coldpress.timer"));
  CHECK(rig.programs.called("systemctl --user daemon-reload"));
  CHECK(rig.programs.called("systemctl --user enable --now coldpress.timer"));
  CHECK(rig.told(Kind::note, "next run: 2026-11-26T03:12:05Z"));
}

TEST_CASE("a second install finds nothing to do, another interval is one change") {
  Rig rig;
  REQUIRE(install_schedule(rig.request, rig.actions()));
  rig.timer_is("enabled", "active");
  REQUIRE(install_schedule(rig.request, rig.actions()));
  CHECK_EQ(rig.changes(), 0);
  CHECK(rig.told(Kind::note, "nothing to do"));

  rig.request.every = *parse_every("6h");
  REQUIRE(install_schedule(rig.request, rig.actions()));
  CHECK(rig.told(Kind::write, "coldpress.timer"));
  CHECK_FALSE(rig.told(Kind::write, "coldpress.service"));
  CHECK(rig.programs.called("systemctl --user restart coldpress.timer"));
}

TEST_CASE("files that an install wrote before it failed are taken up by the next") {
  Rig rig;
  REQUIRE(install_schedule(rig.request, rig.actions()));
  rig.timer_is("enabled", "active");
  rig.programs.answer("systemctl --user daemon-reload", {1, "", "no answer"});
  rig.request.every = *parse_every("6h");
  REQUIRE_FALSE(install_schedule(rig.request, rig.actions()));

  rig.programs.answer("systemctl --user daemon-reload", {});
  rig.timer_is("enabled", "active\nNeedDaemonReload=yes");
  REQUIRE(install_schedule(rig.request, rig.actions()));
  CHECK(rig.programs.called("systemctl --user daemon-reload"));
  CHECK(rig.programs.called("systemctl --user restart coldpress.timer"));
}

TEST_CASE("a dry run tells the same and changes nothing") {
  Rig rig;
  REQUIRE(install_schedule(rig.request, rig.actions(true)));
  CHECK(rig.told(Kind::write, "coldpress.service"));
  CHECK(rig.told(Kind::run, "systemctl --user enable --now coldpress.timer"));
  CHECK_FALSE(rig.fs.exists(std::string(k_units) + "coldpress.service"));
  CHECK_FALSE(rig.programs.called("systemctl --user enable --now coldpress.timer"));
}

TEST_CASE("a file that somebody edited is refused by install and left by remove") {
  Rig rig;
  REQUIRE(install_schedule(rig.request, rig.actions()));
  const std::string path = std::string(k_units) + "coldpress.timer";
  const std::string edited = rig.fs.get(path) + "# mine\n";
  rig.fs.put(path, edited);

  const auto refused = check_schedule(rig.request, rig.actions());
  REQUIRE_FALSE(refused);
  CHECK_EQ(refused.error().code, Errc::exists);
  CHECK_EQ(refused.error().path, path);

  rig.timer_is("enabled", "active");
  REQUIRE(remove_schedule(rig.request, rig.actions()));
  CHECK(rig.programs.called("systemctl --user disable --now coldpress.timer"));
  CHECK_EQ(rig.fs.get(path), edited);
  CHECK(rig.told(Kind::keep, path));
  CHECK_FALSE(rig.fs.exists(std::string(k_units) + "coldpress.service"));
}

TEST_CASE("a file of somebody else under our name is refused, and never removed") {
  Rig rig;
  const std::string path = std::string(k_units) + "coldpress.service";
  rig.fs.put(path, "[Service]\nExecStart=/bin/true\n");
  CHECK_FALSE(check_schedule(rig.request, rig.actions()));
  REQUIRE(remove_schedule(rig.request, rig.actions()));
  CHECK(rig.fs.exists(path));
}

TEST_CASE("a second remove finds nothing to do") {
  Rig rig;
  REQUIRE(install_schedule(rig.request, rig.actions()));
  rig.timer_is("enabled", "active");
  REQUIRE(remove_schedule(rig.request, rig.actions()));
  CHECK_EQ(rig.fs.list_dir(k_units)->size(), 0);
  rig.timer_is("", "inactive");
  REQUIRE(remove_schedule(rig.request, rig.actions()));
  CHECK_EQ(rig.changes(), 0);
  CHECK(rig.told(Kind::note, "nothing to do"));
}

TEST_CASE("units of the package are enabled as they are") {
  Rig rig;
  REQUIRE(install_schedule(rig.request, rig.actions())); // before there was a package
  rig.request.program = std::string(k_packaged_program);
  for (const char* name : {"coldpress.service", "coldpress.timer"}) {
    rig.fs.put(std::string("/usr/lib/systemd/user/") + name,
               packaged_unit(std::string("user/") + name));
  }
  SUBCASE("and only the minute is written beside them") {
    REQUIRE(install_schedule(rig.request, rig.actions()));
    CHECK_FALSE(rig.fs.exists(std::string(k_units) + "coldpress.service"));
    CHECK_FALSE(rig.fs.exists(std::string(k_units) + "coldpress.timer"));
    CHECK(rig.programs.called("systemctl --user enable --now coldpress.timer"));
  }
  SUBCASE("and another interval is a drop-in") {
    rig.request.every = *parse_every("1w");
    REQUIRE(install_schedule(rig.request, rig.actions()));
    const std::string drop_in =
        std::string(k_units) + "coldpress.timer.d/50-coldpress-schedule.conf";
    CHECK_NE(rig.fs.get(drop_in).find("OnCalendar=Mon *-*-* 0"), std::string::npos);
    rig.request.every = Every{};
    REQUIRE(install_schedule(rig.request, rig.actions()));
    CHECK_NE(rig.fs.get(drop_in).find("OnCalendar=*-*-* 0"), std::string::npos);
  }
  SUBCASE("unless they start another program than this") {
    rig.request.program = "/home/alice/bin/coldpress";
    REQUIRE(install_schedule(rig.request, rig.actions()));
    CHECK(rig.fs.exists(std::string(k_units) + "coldpress.service"));
  }
}

TEST_CASE("who does not linger is told what that means and what to do") {
  Rig rig;
  rig.programs.answer("loginctl", {0, "Linger=no\n", ""});
  REQUIRE(install_schedule(rig.request, rig.actions()));
  CHECK(rig.told(Kind::warning, "sudo loginctl enable-linger alice"));
}

TEST_CASE("a systemd that refuses is an error with its words") {
  Rig rig;
  rig.programs.answer("systemctl --user enable", {1, "", "Failed to connect to bus\n"});
  const auto done = install_schedule(rig.request, rig.actions());
  REQUIRE_FALSE(done);
  CHECK_NE(describe(done.error()).find("Failed to connect to bus"), std::string::npos);
  CHECK_NE(describe(done.error()).find("--kind cron"), std::string::npos);
}

TEST_CASE("what a program says is told without its end of line") {
  Rig rig;
  rig.programs.answer("systemctl --user show", {1, "", "no bus\n"});
  const auto status = look_at_schedule(rig.request, rig.actions());
  REQUIRE_FALSE(status);
  CHECK(describe(status.error()).find("no bus;") != std::string::npos);
}

TEST_CASE("the template of the system stays while other users have it") {
  Rig rig;
  rig.request.for_system = true;
  rig.fs.put_dir("/etc/systemd/system");
  rig.programs.answer("systemctl show",
                      {0, "UnitFileState=\nActiveState=inactive\n", ""});
  REQUIRE(install_schedule(rig.request, rig.actions()));
  CHECK(rig.programs.called("systemctl enable --now coldpress@alice.timer"));
  const std::string wants = "/etc/systemd/system/timers.target.wants/";
  rig.fs.put(wants + "coldpress@alice.timer", "");
  rig.fs.put(wants + "coldpress@bob.timer", "");
  REQUIRE(remove_schedule(rig.request, rig.actions()));
  CHECK(rig.fs.exists("/etc/systemd/system/coldpress@.timer"));
  REQUIRE(rig.fs.unlink(wants + "coldpress@bob.timer"));
  REQUIRE(remove_schedule(rig.request, rig.actions()));
  CHECK_FALSE(rig.fs.exists("/etc/systemd/system/coldpress@.timer"));
}

TEST_CASE("the status says what is there, what is edited, and when it runs") {
  Rig rig;
  rig.request.every = *parse_every("6h");
  REQUIRE(install_schedule(rig.request, rig.actions()));
  const std::string timer = std::string(k_units) + "coldpress.timer";
  rig.fs.put(timer, rig.fs.get(timer) + "# mine\n");
  rig.programs.answer(
      "systemctl --user show",
      {0,
       "UnitFileState=enabled\nActiveState=active\nFragmentPath=" + timer +
           "\nNextElapseUSecRealtime=Thu 2026-11-26 03:12:05 UTC\n"
           "ExecMainExitTimestamp=Wed 2026-11-25 03:12:05 UTC\n"
           "ExecMainStatus=2\n",
       ""});
  const auto all = look_at_schedule(rig.request, rig.actions());
  REQUIRE(all);
  const ScheduleStatus& status = all->front();
  CHECK(status.enabled);
  CHECK_EQ(status.when, on_calendar(times_for(rig.request, rig.request.users[0])));
  REQUIRE_EQ(status.files.size(), 2);
  CHECK_EQ(status.files[0].state, FileState::ours);
  CHECK_EQ(status.files[1].state, FileState::edited);
  REQUIRE(status.next);
  REQUIRE(status.service_ended);
  CHECK_EQ(*status.next - *status.service_ended, std::chrono::hours{24});
  CHECK_EQ(status.service_exit, 2);
  CHECK_EQ(status.lingers, true);
}

TEST_CASE("a run that a signal ended has 128 and the signal as its exit code") {
  Rig rig;
  rig.programs.answer("systemctl --user show",
                      {0,
                       "ExecMainExitTimestamp=Wed 2026-11-25 03:12:05 UTC\n"
                       "ExecMainCode=2\nExecMainStatus=9\n",
                       ""});
  const auto all = look_at_schedule(rig.request, rig.actions());
  REQUIRE(all);
  CHECK_EQ(all->front().service_exit, 137);
}

TEST_CASE("an install takes the place of a timer of another kind, a remove ends all") {
  Rig rig;
  rig.request.kind = ScheduleKind::cron;
  rig.programs.answer("crontab -l", {0, "5 5 * * * x\n", ""});
  REQUIRE(install_schedule(rig.request, rig.actions()));
  rig.programs.answer("crontab -l", {0, rig.programs.inputs["crontab -"], ""});
  rig.request.kind = ScheduleKind::systemd;
  SUBCASE("by install") {
    REQUIRE(install_schedule(rig.request, rig.actions()));
    CHECK_EQ(rig.programs.inputs["crontab -"], "5 5 * * * x\n");
    CHECK(rig.fs.exists(std::string(k_units) + "coldpress.timer"));
  }
  SUBCASE("by remove, of whichever kind this login would use") {
    rig.request.any_kind = true;
    const auto all = look_at_schedule(rig.request, rig.actions());
    REQUIRE(all);
    CHECK_EQ(all->front().kind, ScheduleKind::cron);
    REQUIRE(remove_schedule(rig.request, rig.actions()));
    CHECK_EQ(rig.programs.inputs["crontab -"], "5 5 * * * x\n");
    CHECK_FALSE(rig.told(Kind::note, "not installed"));
  }
  SUBCASE("by remove, without the manager that would disable the unit") {
    REQUIRE(install_schedule(rig.request, rig.actions()));
    const std::string link = std::string(k_units) + "timers.target.wants/coldpress.timer";
    rig.fs.put(link, "");
    rig.programs.answer("systemctl --user show", {1, "", "no bus\n"});
    rig.programs.answer("crontab -l", {1, "", "no crontab for alice\n"});
    rig.request.kind = ScheduleKind::cron;
    rig.request.any_kind = true;
    REQUIRE(remove_schedule(rig.request, rig.actions()));
    CHECK_FALSE(rig.fs.exists(link));
    CHECK_FALSE(rig.fs.exists(std::string(k_units) + "coldpress.timer"));
  }
}

TEST_CASE("the status of a user shows a timer of the system for that user") {
  Rig rig;
  rig.request.any_kind = true;
  rig.programs.answer("systemctl show",
                      {0,
                       "UnitFileState=enabled\nActiveState=active\n"
                       "ReadWritePaths=-/home/alice/.codex \"-/srv/a b\"\n"
                       "Environment=A=b\nMemoryMax=infinity\nMemoryHigh=1000\n"
                       "ExecStart={ path=/c ; argv[]=/c run --store /srv/a b ; x }\n",
                       ""});
  rig.fs.put("/etc/systemd/system/timers.target.wants/coldpress@alice.timer", "");
  rig.fs.put("/etc/systemd/system/coldpress-serve@bob.service.d/"
             "50-coldpress-schedule.conf",
             "");
  rig.fs.put("/etc/systemd/system/coldpress@carol.service.d/other.conf", "");
  CHECK(scheduled_users(rig.fs) == std::vector<std::string>{"alice", "bob"});
  const auto all = look_at_schedule(
      rig.request, rig.actions(), [](const ScheduleUser&, const ScheduleStatus& status) {
        return Result<TimerSettings>(
            TimerSettings{status.arguments.at(1), "", "", 0, true, true});
      });
  REQUIRE(all);
  REQUIRE_EQ(all->size(), 1);
  const ScheduleStatus& status = all->front();
  CHECK(status.for_system);
  CHECK(status.enabled);
  CHECK_EQ(status.found->store, "/srv/a b");
  CHECK(status.writable == std::vector<std::string>{"/home/alice/.codex", "/srv/a b"});
  CHECK_EQ(status.environment.at("A"), "b");
  CHECK(status.memory_max == 1000);
  // Which is not this user's to remove.
  REQUIRE(remove_schedule(rig.request, rig.actions()));
  CHECK(rig.told(Kind::keep, "coldpress@alice.timer"));
}

TEST_CASE("cron gets one line, and the rest of the crontab stays") {
  Rig rig;
  rig.request.kind = ScheduleKind::cron;
  rig.programs.answer("crontab -l", {0, "# mine\n5 5 * * * x", ""});
  REQUIRE(install_schedule(rig.request, rig.actions()));
  const std::string written = rig.programs.inputs["crontab -"];
  CHECK(written.starts_with("# mine\n5 5 * * * x\n"));
  CHECK_NE(written.find("/usr/local/bin/coldpress run --quiet --retry-busy # "),
           std::string::npos);

  rig.programs.answer("crontab -l", {0, written, ""});
  REQUIRE(install_schedule(rig.request, rig.actions()));
  CHECK_EQ(rig.changes(), 0);
  const auto all = look_at_schedule(rig.request, rig.actions());
  REQUIRE(all);
  CHECK(all->front().enabled);

  REQUIRE(remove_schedule(rig.request, rig.actions()));
  CHECK_EQ(rig.programs.inputs["crontab -"], "# mine\n5 5 * * * x\n");
}

TEST_CASE("who has no crontab has an empty one, whatever cron calls it") {
  Rig rig;
  rig.request.kind = ScheduleKind::cron;
  rig.programs.answer(
      "crontab -l", {1, "", "crontab: can't open 'alice': No such file or directory\n"});
  REQUIRE(install_schedule(rig.request, rig.actions()));
  CHECK(rig.programs.called("crontab -"));
  rig.programs.answer("crontab -l", {1, "", "alice may not use cron\n"});
  CHECK_FALSE(install_schedule(rig.request, rig.actions()));
}

TEST_CASE("a crontab that could not be read is not replaced") {
  Rig rig;
  rig.request.kind = ScheduleKind::cron;
  SubprocessEnd end{1, "", ""};
  SUBCASE("for a file of cron's own is missing") {
    end.err = "crontab: /etc/pam.d/cron: No such file or directory\n";
  }
  SUBCASE("for the spool is missing") {
    end.err = "crontab: can't open '/var/spool/cron': No such file or directory\n";
  }
  SUBCASE("for its end is missing") {
    end.out = "5 5 * * * x\n";
    end.err = "no crontab for alice\n";
  }
  SUBCASE("without a word") {}
  rig.programs.answer("crontab -l", end);
  CHECK_FALSE(install_schedule(rig.request, rig.actions()));
  CHECK_FALSE(remove_schedule(rig.request, rig.actions()));
  CHECK_EQ(rig.changes(), 0);
}

TEST_CASE("an edited line of cron is refused by install and left by remove") {
  Rig rig;
  rig.request.kind = ScheduleKind::cron;
  REQUIRE(install_schedule(rig.request, rig.actions()));
  const std::string edited = "1" + rig.programs.inputs["crontab -"];
  rig.programs.answer("crontab -l", {0, edited, ""});
  const auto refused = check_schedule(rig.request, rig.actions());
  REQUIRE_FALSE(refused);
  CHECK_EQ(refused.error().code, Errc::exists);
  const auto left = remove_schedule(rig.request, rig.actions());
  REQUIRE_FALSE(left); // it still starts runs
  CHECK_EQ(left.error().code, Errc::exists);
  CHECK_FALSE(rig.told(Kind::note, "not installed"));
  CHECK_EQ(rig.changes(), 0);
}

TEST_CASE("a systemd that does not answer is told before anything is written") {
  Rig rig;
  rig.programs.answer("systemctl --user show",
                      {1, "", "Not booted\nFailed to connect to bus\n"});
  const auto refused = check_schedule(rig.request, rig.actions());
  REQUIRE_FALSE(refused);
  const std::string said = describe(refused.error());
  CHECK_NE(said.find("Not booted; Failed to connect to bus; if the systemd of this"),
           std::string::npos);
  CHECK_EQ(rig.changes(), 0);
  CHECK(check_schedule(rig.request, rig.actions(true)));
}

TEST_CASE("a machine with neither systemd nor cron is told what else there is") {
  Rig rig;
  rig.request.kind = ScheduleKind::cron;
  rig.programs = FakePrograms{};
  const auto refused = check_schedule(rig.request, rig.actions());
  REQUIRE_FALSE(refused);
  const std::string said = describe(refused.error());
  CHECK_NE(said.find("coldpress serve"), std::string::npos);
  CHECK_EQ(said.find("ENOENT"), std::string::npos);
}

TEST_CASE("launchd loads the agent, and loads it anew when it changes") {
  Rig rig;
  rig.request.kind = ScheduleKind::launchd;
  const std::string plist = "/home/alice/Library/LaunchAgents/coldpress.run.plist";
  REQUIRE(install_schedule(rig.request, rig.actions()));
  CHECK(rig.programs.called("launchctl bootstrap gui/1000 " + plist));
  rig.programs.answer("launchctl print", {});
  REQUIRE(install_schedule(rig.request, rig.actions()));
  CHECK_EQ(rig.changes(), 0);
  rig.request.every = *parse_every("1h");
  REQUIRE(install_schedule(rig.request, rig.actions()));
  CHECK(rig.programs.called("launchctl bootout gui/1000/coldpress.run"));
  REQUIRE(remove_schedule(rig.request, rig.actions()));
  CHECK_FALSE(rig.fs.exists(plist));
}

TEST_CASE("an agent that launchd does not let go is loaded anew by the next install") {
  Rig rig;
  rig.request.kind = ScheduleKind::launchd;
  REQUIRE(install_schedule(rig.request, rig.actions()));
  rig.programs.answer("launchctl print", {});
  rig.programs.answer("launchctl bootout", {36, "", "busy"});
  rig.request.every = *parse_every("1h");
  REQUIRE_FALSE(install_schedule(rig.request, rig.actions()));
  rig.programs.answer("launchctl bootout", {});
  REQUIRE(install_schedule(rig.request, rig.actions()));
  CHECK(rig.told(Kind::write, "coldpress.run.plist"));
  CHECK(rig.told(Kind::run, "launchctl bootstrap"));
}

TEST_CASE("the kind of timer is what the machine has") {
  Rig rig;
  CHECK_EQ(usual_kind(rig.fs, false, "/run/user/1000"), ScheduleKind::cron);
  rig.fs.put_dir("/run/user/1000/systemd");
  CHECK_EQ(usual_kind(rig.fs, false, "/run/user/1000"), ScheduleKind::systemd);
  rig.fs.put_dir("/System/Library/LaunchDaemons");
  CHECK_EQ(usual_kind(rig.fs, false, "/run/user/1000"), ScheduleKind::launchd);
}
