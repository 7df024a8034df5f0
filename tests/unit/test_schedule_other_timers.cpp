#include "worker/schedule/other_timers.hpp"
#include "worker/schedule/own_file.hpp"
#include "worker/schedule/unit_text.hpp"

#include <doctest/doctest.h>

using namespace coldpress;

namespace {

ScheduleRequest request_of(const char* every = "1d") {
  ScheduleRequest request;
  request.program = "/usr/bin/coldpress";
  request.every = *parse_every(every);
  request.host = "host";
  request.users = {{.name = "alice",
                    .uid = 501,
                    .home = "/Users/alice",
                    .store = "/Users/alice/.codex",
                    .state_dir = "/Users/alice/.codex/coldpress",
                    .arguments = {}}};
  return request;
}

std::size_t count(const std::string& text, const std::string& part) {
  std::size_t found = 0;
  for (std::size_t at = 0; (at = text.find(part, at)) != std::string::npos; ++at) {
    ++found;
  }
  return found;
}

} // namespace

TEST_CASE("the agent of launchd names the program and when") {
  ScheduleRequest request = request_of("6h");
  request.program = "/opt/R&D <x>/coldpress";
  const PlannedFile file = launchd_file(request, true);
  CHECK_EQ(file.path, "/Users/alice/Library/LaunchAgents/coldpress.run.plist");
  REQUIRE(file.text);
  CHECK_EQ(author_of(*file.text), Author::ours);
  CHECK_EQ(count(*file.text, "<string>/opt/R&amp;D &lt;x&gt;/coldpress</string>"), 1);
  CHECK_EQ(count(*file.text, "<key>Minute</key>"), 4);
  CHECK_EQ(count(*file.text, "<key>Hour</key>"), 4);
  CHECK_FALSE(launchd_file(request, false).text);
}

TEST_CASE("the agent is the packaged one but for the program and the times") {
  ScheduleRequest request = request_of();
  request.program = "/usr/local/bin/coldpress";
  const auto without_numbers = [](std::string text) {
    std::erase_if(text, [](char c) { return c >= '0' && c <= '9'; });
    return text;
  };
  CHECK_EQ(without_numbers(launchd_text(request)),
           without_numbers(std::string(packaged_unit("launchd/coldpress.run.plist"))));
}

TEST_CASE("a line of cron has five fields, the command and its mark") {
  const std::string line = cron_line(request_of());
  CHECK_EQ(author_of_line(line), Author::ours);
  CHECK_EQ(count(line,
                 " * * * test -x /usr/bin/coldpress && /usr/bin/coldpress run --quiet "
                 "--retry-busy # coldpress-schedule "),
           1);
  CHECK_EQ(count(cron_line(request_of("1w")),
                 " * * 1 test -x /usr/bin/coldpress && /usr/bin/"),
           1);
  CHECK_EQ(count(cron_line(request_of("1h")),
                 " * * * * test -x /usr/bin/coldpress && /usr/bin/"),
           1);
}

TEST_CASE("neither the shell nor cron takes a path for something else") {
  ScheduleRequest request = request_of();
  request.program = "/opt/it's 100%/coldpress";
  CHECK_EQ(count(cron_line(request),
                 " '/opt/it'\\''s 100\\%/coldpress' run --quiet --retry-busy"),
           1);
}

TEST_CASE("the rest of a crontab stays byte for byte") {
  const std::string ours = cron_line(request_of());
  const CronLines lines = split_crontab("# mine\n\n" + ours + "\n5 5 * * * x # y\r\n z");
  CHECK_EQ(lines.others, "# mine\n\n5 5 * * * x # y\r\n z");
  CHECK_EQ(lines.ours, std::vector{ours});
  CHECK(lines.edited.empty());
}

TEST_CASE("a line that somebody edited is not ours any more") {
  const std::string edited = "#" + cron_line(request_of());
  const CronLines lines = split_crontab(edited + "\n");
  CHECK(lines.ours.empty());
  CHECK_EQ(lines.edited, std::vector{edited});
  CHECK_EQ(lines.others, edited + "\n");
}
