#pragma once

#include "fsutil/clock.hpp"
#include "worker/catalog/ledger.hpp"
#include "worker/schedule/schedule_times.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace coldpress {

// Who starts the runs.
enum class ScheduleKind : std::uint8_t { systemd, launchd, cron };
std::string_view name_of(ScheduleKind kind);

// For whom.
struct ScheduleUser {
  std::string name;
  std::uint32_t uid = 0;
  std::string home;
  std::string store;     // absolute
  std::string state_dir; // absolute; where the ledger is
  // Beside "run --quiet": what this user's timer would not find by itself, --store and
  // --config.
  std::vector<std::string> arguments;
  std::string metrics_dir{};    // absolute; where metrics.textfile is, or empty
  bool feature_by_unit = false; // turned on by the unit, for this user alone
};

struct ScheduleRequest {
  ScheduleKind kind = ScheduleKind::systemd;
  // The kind was not given: to remove is to remove every one.
  bool any_kind = false;
  bool for_system = false; // systemd's template units, by root for any number of users
  Every every;
  std::string program; // absolute
  std::string host;
  std::vector<ScheduleUser> users; // one, unless for_system
  std::string config_home;         // $XDG_CONFIG_HOME or ~/.config, of the one user
  std::string runtime_dir;         // $XDG_RUNTIME_DIR or /run/user/UID
};

// A file as it is to be.
struct PlannedFile {
  std::string path;
  std::optional<std::string> text; // empty: it is not needed (any more)
};

// What is done, one after the other, for people to follow.
struct ScheduleStep {
  enum class Kind : std::uint8_t {
    write,   // `what` is the file, `text` what it holds
    remove,  // `what` is the file
    run,     // `what` is the command
    keep,    // `what` is left as it is; `text` says why
    note,    // `what`
    warning, // `what`; on stderr
  };
  Kind kind = Kind::note;
  std::string what;
  std::string text;
};
std::string_view name_of(ScheduleStep::Kind kind);

enum class FileState : std::uint8_t { ours, edited, other, packaged };
std::string_view name_of(FileState state);

struct ScheduledFile {
  std::string path;
  FileState state = FileState::ours;
};

// By the settings that the runs of a timer find.
struct TimerSettings {
  std::string store; // the three are absolute
  std::string state_dir;
  std::string metrics_dir; // or empty
  std::uint64_t memory_bytes = 0;
  bool feature_on = false;
  bool store_there = false;
};

struct ScheduleStatus {
  ScheduleKind kind = ScheduleKind::systemd;
  bool for_system = false;
  std::string user;
  std::vector<ScheduledFile> files; // those that are there
  bool enabled = false;             // the timer will start runs
  std::string when;                 // in the words of its kind: OnCalendar, cron fields
  std::optional<WallTime> next;     // empty if not known
  std::optional<bool> lingers;      // empty: not known, or it does not matter
  bool serve_enabled = false;       // coldpress-serve.service
  bool serve_active = false;
  // The last start by systemd, also one that failed before there was a run; no time: none
  // since the machine or the session began.
  std::optional<WallTime> service_ended;
  int service_exit = 0;
  std::optional<RunRow> last; // of the ledger
  std::string ledger_trouble; // why that could not be read
  // What the timer that is there starts its runs with: --store and --config, and what its
  // unit adds to the environment.
  std::vector<std::string> arguments;
  std::map<std::string, std::string> environment;
  std::vector<std::string> writable;       // ReadWritePaths= of a unit of the system
  std::optional<std::uint64_t> memory_max; // MemoryMax= or MemoryHigh= of its unit
  std::optional<bool> starter_runs;        // the daemon of cron; empty: not known
  std::optional<TimerSettings> found;
  std::string settings_trouble; // why they could not be read
};

// What the runs of that timer find.
using SettingsOf =
    std::function<Result<TimerSettings>(const ScheduleUser&, const ScheduleStatus&)>;

} // namespace coldpress
