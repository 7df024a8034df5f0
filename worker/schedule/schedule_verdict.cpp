#include "worker/schedule/schedule_verdict.hpp"

#include "config/memory_bound.hpp"
#include "fsutil/text.hpp"

#include <algorithm>

namespace coldpress {

namespace {

constexpr std::chrono::days k_late{2}; // a day, and one that was missed
constexpr std::chrono::days k_late_weekly{15};

std::string install_command(const ScheduleStatus& status) {
  return status.for_system ? "sudo coldpress schedule install --system " + status.user
                           : std::string("coldpress schedule install");
}

// "Mon *-*-* …" of systemd, "… 1" in the last field of cron.
bool is_weekly(const ScheduleStatus& status) {
  return status.kind == ScheduleKind::cron ? !status.when.ends_with('*')
                                           : status.when.starts_with("Mon ");
}

// A sandbox that names nothing writable is not one of ours.
bool may_write(const ScheduleStatus& status, const std::string& dir) {
  if (dir.empty() || !status.for_system || status.writable.empty()) {
    return true;
  }
  return std::any_of(
      status.writable.begin(), status.writable.end(), [&](const std::string& path) {
        return dir == path || dir.starts_with(path + "/");
      });
}

class Judge {
public:
  Judge(const ScheduleStatus& status, WallTime now) : status_(status), now_(now) {}

  ScheduleVerdict judge() {
    is_it_on();
    if (verdict_.answer == LookedAfter::no) {
      return std::move(verdict_);
    }
    would_it_do_anything();
    is_it_started();
    did_it_come();
    return std::move(verdict_);
  }

private:
  void no(std::string why) {
    verdict_.answer = LookedAfter::no;
    verdict_.why.push_back(std::move(why));
  }
  void unknown(std::string why) {
    if (verdict_.answer == LookedAfter::yes) {
      verdict_.answer = LookedAfter::unknown;
    }
    verdict_.why.push_back(std::move(why));
  }

  void is_it_on() {
    if (status_.enabled || status_.serve_active) {
      return;
    }
    if (status_.serve_enabled) {
      no("coldpress-serve is enabled but not running; see systemctl status");
    } else {
      no((status_.files.empty() ? "no timer is installed; to install it: "
                                : "the timer is off; to turn it on: ") +
         install_command(status_));
    }
  }

  void would_it_do_anything() {
    if (!status_.settings_trouble.empty()) {
      unknown("it is not known what its runs would do: " + status_.settings_trouble);
    }
    if (!status_.found) {
      return;
    }
    if (!status_.found->feature_on) {
      no("the feature is off, so a run changes nothing; to turn it on: " +
         install_command(status_) + " --enable local_thread_store_compression");
    }
    if (!status_.found->store_there) {
      no(fmt::format("there is no {}; Codex creates it when it first runs",
                     status_.found->store));
    }
    for (const std::string& dir : {status_.found->store, status_.found->state_dir}) {
      if (!may_write(status_, dir)) {
        no(fmt::format(
            "its unit may not write {}; to allow it: {}", dir, install_command(status_)));
      }
    }
    if (status_.memory_max &&
        *status_.memory_max < status_.found->memory_bytes + k_memory_besides) {
      verdict_.notes.push_back(
          fmt::format("its unit may use {} of memory, so its runs have less than "
                      "limits.memory, {}: windows are smaller, and what does not fit is "
                      "skipped as no_memory",
                      format_size(*status_.memory_max),
                      format_size(status_.found->memory_bytes)));
    }
    if (!may_write(status_, status_.found->metrics_dir)) {
      verdict_.notes.push_back(fmt::format(
          "its unit may not write {}, so there are no metrics; to allow it: {}",
          status_.found->metrics_dir,
          install_command(status_)));
    }
  }

  void is_it_started() {
    if (status_.kind == ScheduleKind::cron) {
      if (status_.starter_runs == false) {
        no("cron does not run on this machine, so nothing starts the runs; as root: "
           "systemctl enable --now cron");
      } else if (!status_.starter_runs) {
        unknown("it is not known whether cron runs here");
      }
    }
    if (status_.lingers == false && !status_.serve_active) {
      verdict_.notes.push_back(fmt::format("only while {} is logged in; to change that: "
                                           "sudo loginctl enable-linger {}",
                                           status_.user,
                                           status_.user));
    }
  }

  void did_it_come() {
    if (!status_.ledger_trouble.empty()) {
      unknown("the result of the last run is not known: " + status_.ledger_trouble);
    }
    if (!status_.last || status_.serve_active) {
      return; // serve keeps an eye on its own
    }
    const auto age = now_ - status_.last->start.started;
    if (age > (is_weekly(status_) ? k_late_weekly : k_late)) {
      no(fmt::format(
          "the last run was {} days ago; to find out why, run by hand: coldpress run",
          std::chrono::floor<std::chrono::days>(age).count()));
    }
  }

  const ScheduleStatus& status_;
  WallTime now_;
  ScheduleVerdict verdict_;
};

} // namespace

std::string_view name_of(LookedAfter answer) {
  switch (answer) {
  case LookedAfter::yes:
    return "yes";
  case LookedAfter::no:
    return "no";
  default:
    return "unknown";
  }
}

ScheduleVerdict verdict_of(const ScheduleStatus& status, WallTime now) {
  return Judge(status, now).judge();
}

} // namespace coldpress
