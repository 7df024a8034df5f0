#pragma once

#include "fsutil/diagnostics.hpp"
#include "worker/control/control_protocol.hpp"
#include "worker/preflight/store.hpp"
#include "worker/serve/pass_report.hpp"
#include "worker/serve/pause_file.hpp"
#include "worker/serve/scheduler.hpp"

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace coldpress {

// One of the stores that `serve` looks after: what it knows of it, and what it asks the
// disk about it. No loop, no process.
class ManagedStore {
public:
  // `settings` name one store. Reads from the ledger when the last run was. Errors: as
  // open_store().
  static Result<ManagedStore>
  open(Fs& fs, const Clock& clock, Settings settings, std::uint32_t uid);

  const Store& store() const { return store_; }
  std::string name() const; // for a person
  std::string tree() const; // where what is archived appears
  StoreSchedule& schedule() { return schedule_; }
  const StoreSchedule& schedule() const { return schedule_; }
  const Settings& settings() const { return settings_; }

  // Of the same store, from now on.
  void set_settings(Settings settings);

  // --- what the disk says now

  void look_at_pause();
  const Pause& pause() const { return pause_; }
  // Only if pressure.min_free is set. A line for the log if it changes something.
  std::string look_at_space();
  // Only after a pass that found no store: asks for another once it is there again. A
  // line for the log then.
  std::string look_at_store();
  // Something of that name appeared or changed in tree().
  void look_at_arrival(const std::string& name);

  // --- passes

  // Settings of a pass that begins now.
  Settings pass_settings() const;
  void pass_began();
  PassNews take_line(std::string_view line);
  void pass_ended(int exit_code);
  const PassReport& report() const { return report_; }

  // --- words

  ServiceStore state() const;
  // "next pass in 3h, at 2026-01-02T03:04:05Z: the interval is over"
  std::string next_text() const;
  // What the last pass did, in one line.
  std::string result_text(int exit_code) const;
  // How bad it is that the last pass ended so: as a pass of a timer would be told of.
  static Severity severity_of(int exit_code);
  // What the last pass left that needs attention; empty: nothing.
  std::string trouble_text() const;

private:
  ManagedStore(Fs& fs, const Clock& clock, Settings settings, Store store);
  void read_last_run();
  std::chrono::milliseconds cold_after() const;

  Fs* fs_;
  const Clock* clock_;
  Settings settings_;
  Store store_;
  StoreSchedule schedule_;
  Pause pause_;
  PassReport report_; // of the pass under way, or the last one
  std::optional<ServiceRun> last_run_;
  std::optional<std::uint64_t> free_bytes_; // at the last look
  bool gone_ = false;                       // the last pass found no store
};

// The settings of each store that is set, by itself.
std::vector<Settings> split_stores(const Settings& settings);

// What a child process of ours may know of our environment.
std::vector<std::string> pass_environment(const std::map<std::string, std::string>& ours);

} // namespace coldpress
