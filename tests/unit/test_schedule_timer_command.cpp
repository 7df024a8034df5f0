#include "worker/schedule/other_timers.hpp"
#include "worker/schedule/timer_command.hpp"
#include "worker/schedule/timer_files.hpp"

#include <doctest/doctest.h>

using namespace coldpress;

namespace {

using Words = std::vector<std::string>;

ScheduleRequest request_with(const Words& arguments) {
  ScheduleRequest request;
  request.program = "/usr/bin/coldpress";
  request.host = "host";
  request.users = {{.name = "alice",
                    .uid = 1000,
                    .home = "/home/alice",
                    .store = "/s",
                    .state_dir = "/s/coldpress",
                    .arguments = arguments}};
  return request;
}

} // namespace

TEST_CASE("what a timer was given is read back from its own text") {
  for (const Words& arguments : {Words{},
                                 Words{"--store", "/data/codex"},
                                 Words{"--config", "/etc/a b.toml", "--store", "/x y"},
                                 Words{"--store", "/it's 100% & <done>"}}) {
    CAPTURE(arguments.size());
    const ScheduleRequest request = request_with(arguments);
    CHECK(arguments_of_cron(cron_line(request)) == arguments);
    CHECK(arguments_of_plist(launchd_text(request)) == arguments);
  }
}

TEST_CASE("a command that systemctl shows has its words without quotes") {
  CHECK(arguments_of_exec("").empty());
  CHECK(arguments_of_exec("{ path=/usr/bin/coldpress ; argv[]=/usr/bin/coldpress run "
                          "--quiet --store /my store --config /c$$1 ; "
                          "ignore_errors=no ; start_time=[n/a] }") ==
        Words{"--store", "/my store", "--config", "/c$1"});
}

TEST_CASE("the environment of a unit is read with its quotes") {
  const auto found = environment_of("A=b \"B=c d\" nothing");
  CHECK(found.size() == 2);
  CHECK(found.at("A") == "b");
  CHECK(found.at("B") == "c d");
}
