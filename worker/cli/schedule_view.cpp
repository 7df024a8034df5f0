#include "worker/cli/schedule_view.hpp"

#include "fsutil/text.hpp"
#include "worker/cli/table.hpp"
#include "worker/schedule/schedule_verdict.hpp"

#include <nlohmann/json.hpp>

#include <csignal>

namespace coldpress {

namespace {

using Json = nlohmann::ordered_json;

std::string line_of(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::string indented(std::string_view text) {
  std::string lines;
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    lines += line.empty() ? "\n" : "    " + printable(line) + "\n";
    text.remove_prefix(std::min(text.size(), line.size() + 1));
  }
  return lines;
}

std::string exit_words(int code) {
  switch (code) {
  case 0:
    return "done";
  case 2:
    return "invalid settings; see coldpress config";
  case 3:
    return "some rollouts failed; see coldpress status";
  case 4:
    return "damage, a conflict or an orphan needs attention; see coldpress status";
  case 75:
    return "busy: the next run retries";
  case 130:
  case 143:
    return "stopped";
  default:
    return code == 128 + SIGKILL
               ? "killed, by another process or because memory was short"
           : code > 128 ? fmt::format("killed by signal {}", code - 128)
                        : "failed";
  }
}

bool went_well(int code) {
  return code == 0 || code == 75 || code == 130 || code == 143;
}

std::string run_text(const ScheduleStatus& status) {
  if (!status.ledger_trouble.empty()) {
    return "unknown: " + printable(status.ledger_trouble);
  }
  if (!status.last) {
    return "none yet";
  }
  const RunRow& row = *status.last;
  std::string text = format_time(row.start.started) + ", ";
  if (!row.end) {
    return text + "still running, or killed";
  }
  text += fmt::format("exit {}: {}; {} compressed",
                      row.end->exit_code,
                      exit_words(row.end->exit_code),
                      format_count(row.end->compressed));
  return row.end->compressed == 0 ? text
                                  : text + fmt::format(", {} -> {}",
                                                       format_size(row.end->bytes_before),
                                                       format_size(row.end->bytes_after));
}

std::string enabled_text(const ScheduleStatus& status) {
  return status.files.empty() && !status.enabled ? "not installed"
         : status.enabled                        ? "installed, on"
                                                 : "off";
}

// A start that ended badly may not have come as far as the ledger.
bool start_failed(const ScheduleStatus& status) {
  return status.service_ended && !went_well(status.service_exit);
}

std::string serve_text(const ScheduleStatus& status) {
  return status.serve_active    ? "running"
         : status.serve_enabled ? "enabled, not running"
                                : "off";
}

Json last_run(const RunRow& row) {
  Json run = {{"started", format_time(row.start.started)},
              {"command", printable(row.start.command)}};
  if (row.end) {
    run["finished"] = format_time(row.end->finished);
    run["exit"] = row.end->exit_code;
    run["compressed"] = row.end->compressed;
    run["bytes_before"] = row.end->bytes_before;
    run["bytes_after"] = row.end->bytes_after;
  }
  return run;
}

} // namespace

std::string step_text(const ScheduleStep& step, bool dry_run) {
  const std::string what = printable(step.what);
  switch (step.kind) {
  case ScheduleStep::Kind::write:
    return dry_run ? fmt::format("would write {}:\n{}", what, indented(step.text))
                   : fmt::format("wrote {}\n", what);
  case ScheduleStep::Kind::remove:
    return fmt::format("{} {}\n", dry_run ? "would remove" : "removed", what);
  case ScheduleStep::Kind::run:
    return fmt::format("{} {}\n", dry_run ? "would run" : "ran", what);
  case ScheduleStep::Kind::keep:
    return fmt::format("left {}: {}\n", what, step.text);
  case ScheduleStep::Kind::note:
    return what + "\n";
  default:
    return "coldpress: " + what + "\n";
  }
}

std::string step_json(const ScheduleStep& step, bool dry_run) {
  Json json;
  json["message_type"] = "schedule_step";
  json["step"] = std::string(name_of(step.kind));
  json["what"] = printable(step.what);
  if (!step.text.empty()) {
    json["text"] = step.text;
  }
  json["dry_run"] = dry_run;
  return line_of(json);
}

std::string schedule_text(const ScheduleStatus& status, WallTime now) {
  const ScheduleVerdict verdict = verdict_of(status, now);
  Table table({Align::left, Align::left});
  table.add({"looked after", std::string(name_of(verdict.answer))});
  for (const auto* sentences : {&verdict.why, &verdict.notes}) {
    for (const std::string& sentence : *sentences) {
      table.add({"", printable(sentence)});
    }
  }
  table.add({"timer",
             fmt::format("{}{}, for {}",
                         name_of(status.kind),
                         status.for_system ? ", by the system" : "",
                         printable(status.user))});
  table.add({"state", enabled_text(status)});
  if (!status.when.empty()) {
    table.add({"when", printable(status.when)});
  }
  if (status.next) {
    table.add({"next run", format_time(*status.next)});
  }
  table.add({"last run", run_text(status)});
  if (start_failed(status)) {
    table.add({"last start",
               fmt::format("{}, exit {}: {}; its messages: journalctl{} -u coldpress{}",
                           format_time(*status.service_ended),
                           status.service_exit,
                           exit_words(status.service_exit),
                           status.for_system ? "" : " --user",
                           status.for_system ? "@" + status.user : "")});
  }
  if (status.serve_enabled || status.serve_active) {
    table.add({"serve", "coldpress-serve.service: " + serve_text(status)});
  }
  for (const ScheduledFile& file : status.files) {
    table.add({"file",
               fmt::format("{}{}",
                           printable(file.path),
                           file.state == FileState::ours
                               ? ""
                               : fmt::format(" ({})", name_of(file.state)))});
  }
  return table.text();
}

std::string schedule_json(const ScheduleStatus& status, WallTime now) {
  const ScheduleVerdict verdict = verdict_of(status, now);
  Json json;
  json["message_type"] = "schedule";
  json["kind"] = std::string(name_of(status.kind));
  json["user"] = printable(status.user);
  json["looked_after"] = std::string(name_of(verdict.answer));
  json["why"] = Json::array();
  for (const auto* sentences : {&verdict.why, &verdict.notes}) {
    for (const std::string& sentence : *sentences) {
      json["why"].push_back(printable(sentence));
    }
  }
  json["installed"] = !status.files.empty();
  json["enabled"] = status.enabled;
  json["files"] = Json::array();
  for (const ScheduledFile& file : status.files) {
    json["files"].push_back(
        {{"path", printable(file.path)}, {"state", std::string(name_of(file.state))}});
  }
  if (!status.when.empty()) {
    json["when"] = printable(status.when);
  }
  if (status.next) {
    json["next"] = format_time(*status.next);
  }
  if (status.last) {
    json["last_run"] = last_run(*status.last);
  }
  if (status.service_ended) {
    json["last_start"] = {{"ended", format_time(*status.service_ended)},
                          {"exit", status.service_exit}};
  }
  if (status.lingers) {
    json["lingers"] = *status.lingers;
  }
  json["serve"] = {{"enabled", status.serve_enabled}, {"active", status.serve_active}};
  if (!status.ledger_trouble.empty()) {
    json["trouble"] = printable(status.ledger_trouble);
  }
  return line_of(json);
}

Exit schedule_exit(const ScheduleStatus& status, WallTime now) {
  if (!status.enabled && !status.serve_active) {
    return Exit::failed;
  }
  const bool run_failed =
      status.last && status.last->end && !went_well(status.last->end->exit_code);
  if (run_failed || start_failed(status)) {
    return Exit::needs_a_person;
  }
  return verdict_of(status, now).answer == LookedAfter::yes ? Exit::ok : Exit::failed;
}

} // namespace coldpress
