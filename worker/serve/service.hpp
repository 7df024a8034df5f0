#pragma once

#include "worker/loop/loop.hpp"
#include "worker/loop/tree_watch.hpp"
#include "worker/serve/managed_store.hpp"
#include "worker/serve/notify.hpp"
#include "worker/serve/pass_process.hpp"
#include "worker/serve/watchdog.hpp"

#include <functional>
#include <list>
#include <memory>

namespace coldpress {

struct ServiceSetup {
  Fs& fs;
  const Clock& clock;
  std::uint32_t uid; // ours
  std::string version;
  std::map<std::string, std::string> environment;
  // Reads the configuration again, as it was read at the start.
  std::function<Result<Settings>()> reload;
  // Each line of `run --json`; may be empty.
  std::function<void(std::string_view)> pass_line;
};

// The sidecar: waits, and makes passes over its stores, one at a time, each in a process
// of its own (coldpress run). So a pass that crashes ends nothing else, and what it took
// of memory goes back to the system.
//
// All of it happens on the thread that calls run().
class Service {
public:
  explicit Service(ServiceSetup setup);
  Service(const Service&) = delete;
  Service& operator=(const Service&) = delete;
  ~Service();

  // Opens the stores. The error is of the first that cannot be served, and then nothing
  // was begun.
  Result<void> start(const Settings& settings);
  // Until SIGTERM or SIGINT. A pass under way is stopped; one that does not stop is
  // killed after 4 s.
  void run();

  // --- what the control socket asks

  ServiceStatus status() const;
  ControlReply answer(const ControlRequest& request);

private:
  struct Served;

  Result<void> take_settings(const Settings& settings);
  void reload();
  void stop();
  void log_status();

  void advance();
  void look_at_disk();
  void start_pass(Served& served);
  void on_arrival(Served& served, const std::string& name);
  void on_line(Served& served, std::string_view line);
  void on_pass_ended(Served& served, int exit_code);
  void stop_paused_pass();
  Result<std::string> ask(Served& served);
  Result<std::string> pause(Served& served, std::optional<WallTime> until);
  Result<std::string> resume(Served& served);
  void tell_watchdog();
  void tell_status();
  std::string status_line() const;
  std::vector<const StoreSchedule*> schedules() const;

  ServiceSetup setup_;
  Notify notify_;
  Watchdog watchdog_;
  WallTime started_{};
  bool stopping_ = false;
  std::optional<BootTime> looked_; // at the disk
  std::optional<BootTime> told_;   // the manager, how far a pass is
  Loop loop_;                      // before all that has handles in it
  std::list<Served> stores_;
  Served* busy_ = nullptr; // whose pass is under way
  std::optional<PassProcess> pass_;
};

} // namespace coldpress
