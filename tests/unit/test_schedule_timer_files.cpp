#include "worker/schedule/own_file.hpp"
#include "worker/schedule/timer_files.hpp"
#include "worker/schedule/unit_text.hpp"

#include <doctest/doctest.h>

using namespace coldpress;

namespace {

ScheduleRequest request_of(const char* every = "1d") {
  ScheduleRequest request;
  request.program = std::string(k_packaged_program);
  request.every = *parse_every(every);
  request.config_home = "/home/alice/.config";
  request.users = {{.name = "alice",
                    .uid = 1000,
                    .home = "/home/alice",
                    .store = "/home/alice/.codex",
                    .state_dir = "/home/alice/.codex/coldpress",
                    .arguments = {}}};
  return request;
}

// What a planned file holds without the line that says whose it is; "-" for none.
std::string body_of(const PlannedFile& file) {
  return file.text ? file.text->substr(file.text->find('\n') + 1) : "-";
}

} // namespace

TEST_CASE("the files of a user are the packaged units, with this program in them") {
  ScheduleRequest request = request_of();
  const auto usual = user_timer_files(request, false, Wanted::yes);
  CHECK_EQ(usual[0].path, "/home/alice/.config/systemd/user/coldpress.service");
  CHECK_EQ(body_of(usual[0]), packaged_unit("user/coldpress.service"));
  CHECK_EQ(usual[1].path, "/home/alice/.config/systemd/user/coldpress.timer");
  const std::string when = on_calendar(times_for(request, request.users[0]));
  CHECK_EQ(body_of(usual[1]),
           with_value(packaged_unit("user/coldpress.timer"), "OnCalendar", when));
  CHECK_FALSE(usual[2].text);
  CHECK_FALSE(usual[3].text);

  request.program = "/home/alice/my bin/coldpress";
  request.users[0].arguments = {"--store", "/data/codex"};
  const auto own = user_timer_files(request, false, Wanted::yes);
  CHECK_EQ(
      value_in(*own[0].text, "ExecStart"),
      "\"/home/alice/my bin/coldpress\" run --quiet --retry-busy --store /data/codex");
  CHECK_EQ(value_in(*own[0].text, "ConditionFileIsExecutable"),
           "/home/alice/my bin/coldpress");
  CHECK_EQ(author_of(*own[0].text), Author::ours);
}

TEST_CASE("no timer delays what it makes up for, and each user has a minute of his own") {
  for (const char* name : {"user/coldpress.timer", "system/coldpress@.timer"}) {
    CHECK_EQ(value_in(packaged_unit(name), "RandomizedDelaySec"), "");
    CHECK_EQ(value_in(packaged_unit(name), "Persistent"), "true");
    CHECK_EQ(value_in(packaged_unit(name), "AccuracySec"), "1min");
  }
  ScheduleRequest request = request_of();
  std::vector<std::string> texts;
  for (const char* name : {"alice", "bob", "carol"}) {
    request.users[0].name = name;
    texts.push_back(*user_timer_files(request, true, Wanted::yes)[3].text);
    CHECK_EQ(
        value_in(*user_timer_files(request, false, Wanted::yes)[1].text, "OnCalendar"),
        on_calendar(times_for(request, request.users[0])));
  }
  CHECK_FALSE((texts[0] == texts[1] && texts[1] == texts[2]));
}

TEST_CASE("beside a package only what differs is written") {
  const auto usual = user_timer_files(request_of(), true, Wanted::yes);
  for (const PlannedFile& file : usual) {
    CHECK_EQ(file.text.has_value(), file.path.find("timer.d/") != std::string::npos);
  }
  ScheduleRequest request = request_of("6h");
  request.users[0].arguments = {"--store", "/data/codex"};
  const auto other = user_timer_files(request, true, Wanted::yes);
  CHECK_FALSE(other[0].text);
  CHECK_FALSE(other[1].text);
  CHECK_EQ(other[2].path,
           "/home/alice/.config/systemd/user/coldpress.service.d/"
           "50-coldpress-schedule.conf");
  CHECK_EQ(body_of(other[2]),
           "[Service]\nExecStart=\nExecStart=/usr/bin/coldpress run --quiet --retry-busy "
           "--store "
           "/data/codex\n");
  CHECK_EQ(body_of(other[3]),
           "[Timer]\nOnCalendar=\nOnCalendar=" +
               on_calendar(times_for(request, request.users[0])) + "\n");
  CHECK_EQ(body_of(other[4]),
           "[Service]\nExecStart=\nExecStart=/usr/bin/coldpress serve --store "
           "/data/codex\nExecReload=\nExecReload=/usr/bin/coldpress config --quiet "
           "--store /data/codex\nExecReload=/bin/kill -HUP $MAINPID\n");
}

TEST_CASE("of the system's units only a store in an unusual place needs a word more") {
  ScheduleRequest request = request_of();
  request.for_system = true;
  const auto templates = system_template_files(request, false, Wanted::yes);
  CHECK_EQ(body_of(templates[0]), packaged_unit("system/coldpress@.service"));
  CHECK_EQ(body_of(templates[1]), packaged_unit("system/coldpress@.timer"));
  for (const PlannedFile& file :
       system_user_files(request, request.users[0], true, Wanted::yes)) {
    CHECK_EQ(file.text.has_value(), file.path.find("timer.d/") != std::string::npos);
  }
  ScheduleUser carol = request.users[0];
  carol.name = "carol";
  carol.store = "/srv/carol's home/.codex";
  carol.state_dir = "/var/lib/cold";
  carol.metrics_dir = "/var/lib/node exporter";
  carol.feature_by_unit = true;
  const auto files = system_user_files(request, carol, true, Wanted::yes);
  CHECK_EQ(files[0].path,
           "/etc/systemd/system/coldpress@carol.service.d/50-coldpress-schedule.conf");
  CHECK_EQ(body_of(files[0]),
           "[Service]\nReadWritePaths=\"-/srv/carol's home/.codex\"\n"
           "ReadWritePaths=-/var/lib/cold\n"
           "ReadWritePaths=\"-/var/lib/node exporter\"\n"
           "Environment=COLDPRESS_FEATURES_LOCAL_THREAD_STORE_COMPRESSION=true\n");
  CHECK_EQ(files[2].path,
           "/etc/systemd/system/coldpress-serve@carol.service.d/"
           "50-coldpress-schedule.conf");
  CHECK_EQ(body_of(files[2]), body_of(files[0])); // serve may write where a run may
  CHECK_FALSE(system_user_files(request, carol, false, Wanted::yes)[2].text);
}

TEST_CASE("to remove is to want none of the files") {
  for (const PlannedFile& file : user_timer_files(request_of("6h"), false, Wanted::no)) {
    CHECK_FALSE(file.text);
  }
}

TEST_CASE("no unit sets a priority for the whole process") {
  for (const char* name : {"user/coldpress.service",
                           "user/coldpress-serve.service",
                           "system/coldpress@.service",
                           "system/coldpress-serve@.service"}) {
    for (const char* key :
         {"Nice", "CPUSchedulingPolicy", "IOSchedulingClass", "IOSchedulingPriority"}) {
      CAPTURE(name);
      CAPTURE(key);
      CHECK_EQ(value_in(packaged_unit(name), key), "");
    }
    CHECK(value_in(packaged_unit(name), "SuccessExitStatus").starts_with("75"));
  }
  for (const char* name : {"user/coldpress.service", "system/coldpress@.service"}) {
    CHECK_EQ(value_in(packaged_unit(name), "SuccessExitStatus"), "75 143 SIGTERM");
  }
}
