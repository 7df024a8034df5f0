#include "worker/cli/command.hpp"
#include "worker/cli/ndjson.hpp"
#include "worker/cli/say.hpp"
#include "worker/cli/schedule_request.hpp"
#include "worker/cli/table.hpp"
#include "worker/run/doctor.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>

namespace coldpress {

namespace {

using Json = nlohmann::ordered_json;

constexpr std::array k_levels{Level::ok, Level::note, Level::warning, Level::problem};

Exit exit_of(const std::vector<Finding>& findings) {
  return count(findings, Level::problem) > 0 ? Exit::needs_a_person : Exit::ok;
}

void print_json(const std::vector<Finding>& findings) {
  Json counts = Json::object();
  for (const Level level : k_levels) {
    counts[std::string(name_of(level))] = count(findings, level);
  }
  for (const Finding& finding : findings) {
    Json json = {{"message_type", "finding"},
                 {"check", finding.check},
                 {"level", name_of(finding.level)},
                 {"what", printable(finding.what)}};
    if (!finding.hint.empty()) {
      json["hint"] = printable(finding.hint);
    }
    print_line(json.dump());
  }
  const Json summary = {{"message_type", "summary"},
                        {"counts", counts},
                        {"exit", static_cast<int>(exit_of(findings))}};
  print_line(summary.dump());
}

// Words, not underscores, for people.
std::string title(std::string_view check) {
  std::string words(check);
  std::replace(words.begin(), words.end(), '_', ' ');
  return words;
}

void print_table(const std::vector<Finding>& findings, bool quiet) {
  Table table({Align::left, Align::left, Align::left});
  for (const Finding& finding : findings) {
    const bool fine = finding.level == Level::ok;
    if (quiet && fine) {
      continue;
    }
    table.add({fine ? "ok" : std::string(name_of(finding.level)),
               title(finding.check),
               printable(finding.what)});
    if (!finding.hint.empty()) {
      table.add({"", "", "-> " + printable(finding.hint)});
    }
  }
  out("{}", table.text());
  if (quiet) {
    return;
  }
  const std::size_t problems = count(findings, Level::problem);
  const std::size_t warnings = count(findings, Level::warning);
  out("{}{}\n",
      problems > 0 ? fmt::format("problems: {}", problems) : "no problems found",
      warnings > 0 ? fmt::format("; warnings: {}", warnings) : "");
}

// Of the user who asks.
Result<ScheduleStatus> schedule_of(const Context& context) {
  const RunProgram run = [&context](const SubprocessCall& call) {
    return run_subprocess(context.clock, call);
  };
  TRY_ASSIGN(const ScheduleWish wish, schedule_wish(context));
  const ScheduleHands hands(context.fs, run, true, [](const ScheduleStep&) {});
  TRY_ASSIGN(std::vector<ScheduleStatus> all,
             look_at_schedule(wish.request, hands, settings_of_timers(context)));
  const auto on = std::find_if(all.begin(), all.end(), [](const ScheduleStatus& one) {
    return one.enabled || one.serve_active;
  });
  return on != all.end() ? std::move(*on)
         : all.empty()   ? ScheduleStatus{}
                         : std::move(all.front());
}

} // namespace

int cmd_doctor(const Context& context) {
  const auto findings = examine(context.fs,
                                context.clock,
                                context.options.inputs,
                                context.uid,
                                schedule_of(context));
  if (!findings) {
    return report(context, findings.error());
  }
  if (context.options.json) {
    print_json(*findings);
  } else {
    print_table(*findings, context.options.quiet);
  }
  return static_cast<int>(exit_of(*findings));
}

} // namespace coldpress
