#include "fsutil/log.hpp"
#include "worker/serve/served.hpp"

namespace coldpress {

void Service::log_status() {
  for (const Served& served : stores_) {
    const auto& last = served.managed.state().last_run;
    log_info("{}: {}{}",
             served.managed.name(),
             served.managed.next_text(),
             last ? fmt::format("; the last pass ended {} with exit code {}",
                                format_time(last->finished),
                                last->exit_code)
                  : "");
  }
}

void Service::tell_watchdog() {
  if (watchdog_.may_tell(setup_.clock.boot())) {
    notify_.alive();
  } else {
    log_warn("the pass has made no progress for long: the watchdog of the service "
             "manager is not fed");
  }
}

void Service::tell_status() {
  if (!stopping_) {
    notify_.status(status_line());
  }
}

std::string Service::status_line() const {
  if (busy_ != nullptr) {
    const auto& progress = busy_->managed.report().progress();
    return fmt::format("pass over {}{}",
                       busy_->managed.name(),
                       progress ? fmt::format(": {} of {} rollouts, {} of {}",
                                              format_count(progress->files_done),
                                              format_count(progress->files_total),
                                              format_size(progress->bytes_done),
                                              format_size(progress->bytes_total))
                                : "");
  }
  const Served* next = nullptr;
  for (const Served& served : stores_) {
    const auto due = served.managed.schedule().due();
    if (due && (next == nullptr || due->at < next->managed.schedule().due()->at)) {
      next = &served;
    }
  }
  std::string line; // what needs somebody first
  for (const Served& served : stores_) {
    if (const std::string trouble = served.managed.trouble_text(); !trouble.empty()) {
      line += served.managed.name() + ": " + trouble + "; ";
    }
  }
  return line +
         (next == nullptr ? std::string("no pass is due") : next->managed.next_text());
}

} // namespace coldpress
