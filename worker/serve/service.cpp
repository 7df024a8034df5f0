#include "worker/serve/service.hpp"

#include "config/keys.hpp"
#include "fsutil/diagnostics.hpp"
#include "fsutil/log.hpp"
#include "worker/serve/served.hpp"

#include <algorithm>
#include <csignal>
#include <utility>

namespace coldpress {

namespace {

// Of the 5 s in which a service manager, or a container, may expect us to be gone.
constexpr std::chrono::seconds k_patience_with_pass{4};
constexpr std::chrono::minutes k_between_looks{5};
constexpr std::chrono::seconds k_status_interval{10};

} // namespace

Service::Service(ServiceSetup setup) : setup_(std::move(setup)) {}

Service::~Service() = default;

Result<void> Service::start(const Settings& settings) {
  started_ = setup_.clock.wall();
  return take_settings(settings);
}

Result<void> Service::take_settings(const Settings& settings) {
  std::vector<Settings> each = split_stores(settings);
  std::vector<std::string> homes;
  std::list<Served> fresh;
  for (const Settings& one : each) {
    TRY_ASSIGN(const Store store, open_store(setup_.fs, one, setup_.uid));
    if (std::find(homes.begin(), homes.end(), store.home) != homes.end()) {
      return Fail(
          Error{Errc::invalid, 0, "serve", store.home, {"this store is set twice"}});
    }
    homes.push_back(store.home);
    const bool known =
        std::any_of(stores_.begin(), stores_.end(), [&store](const Served& served) {
          return served.managed.store().home == store.home;
        });
    if (!known) {
      TRY_ASSIGN(ManagedStore managed,
                 ManagedStore::open(setup_.fs, setup_.clock, one, setup_.uid));
      TRY(fresh.emplace_back(*this, std::move(managed)).listen(*this));
    }
  }
  // From here on nothing fails.
  for (Served& served : stores_) {
    const auto home = std::find(homes.begin(), homes.end(), served.managed.store().home);
    served.leaving = home == homes.end();
    if (!served.leaving) {
      served.managed.set_settings(each[static_cast<std::size_t>(home - homes.begin())]);
    }
  }
  stores_.splice(stores_.end(), fresh);
  if (pass_ && busy_ != nullptr &&
      (busy_->leaving || !busy_->managed.schedule().rules().enabled)) {
    pass_->end_input();
  }
  stores_.remove_if(
      [this](const Served& served) { return served.leaving && &served != busy_; });
  return {};
}

void Service::run() {
  for (const int signal : {SIGINT, SIGTERM}) {
    loop_.on_signal(signal, [this] { stop(); });
  }
  loop_.on_signal(SIGHUP, [this] { reload(); });
  loop_.on_signal(SIGUSR1, [this] { log_status(); });
  if (const auto interval = Notify::watchdog_interval()) {
    const auto half =
        std::chrono::duration_cast<std::chrono::milliseconds>(*interval / 2);
    loop_.every(std::max(half, std::chrono::milliseconds{1}),
                [this] { tell_watchdog(); });
  }
  log_info("coldpress {} serves {} {}",
           setup_.version,
           stores_.size(),
           stores_.size() == 1 ? "store" : "stores");
  looked_.reset();
  look_at_disk();
  log_status();
  notify_.ready(status_line());
  advance();
  loop_.run();
}

void Service::stop() {
  if (std::exchange(stopping_, true)) {
    if (pass_) {
      pass_->kill(); // as safe as any kill -9: the next pass puts it right
    }
    return;
  }
  log_info("stopping{}", pass_ ? ": stopping the running pass" : "");
  notify_.stopping();
  if (pass_) {
    pass_->end_input();
    loop_.after(k_patience_with_pass, [this] {
      if (pass_) {
        log_warn("the pass does not end and is killed; the next pass cleans up");
        pass_->kill();
      }
    });
  }
  advance();
}

void Service::reload() {
  if (stopping_) {
    return;
  }
  notify_.reloading();
  const auto settings = setup_.reload();
  const auto taken =
      settings ? take_settings(*settings) : Result<void>(Fail(settings.error()));
  if (!taken) {
    log_warn(
        "the configuration was not reloaded; the previous settings remain in effect: {}",
        printable(describe(taken.error())));
  } else {
    log_info("the configuration was reloaded");
    looked_.reset();
    look_at_disk();
    log_status();
  }
  notify_.ready(status_line());
  advance();
}

std::vector<const StoreSchedule*> Service::schedules() const {
  std::vector<const StoreSchedule*> all;
  for (const Served& served : stores_) {
    all.push_back(&served.managed.schedule());
  }
  return all;
}

// The one place that decides what happens next.
void Service::advance() {
  if (stopping_) {
    if (!pass_) {
      loop_.stop();
    }
    return;
  }
  look_at_disk();
  stop_paused_pass();
  if (!pass_) {
    if (const auto turn = whose_turn(schedules(), setup_.clock.boot())) {
      start_pass(*std::next(stores_.begin(), static_cast<std::ptrdiff_t>(*turn)));
    }
  }
  loop_.set_alarm(sleep_length(schedules(), setup_.clock.boot()), [this] { advance(); });
}

void Service::look_at_disk() {
  for (Served& served : stores_) {
    const bool was_on = served.managed.pause().on;
    served.managed.look_at_pause();
    if (served.managed.pause().on != was_on) {
      log_info("{}: {}", served.managed.name(), served.managed.next_text());
      tell_status();
    }
  }
  const BootTime now = setup_.clock.boot();
  if (looked_ && now - *looked_ < k_between_looks) {
    return;
  }
  looked_ = now;
  for (Served& served : stores_) {
    if (const std::string news = served.managed.look_at_space(); !news.empty()) {
      log_warn("{}: {}", served.managed.name(), news);
    }
    if (const std::string news = served.managed.look_at_store(); !news.empty()) {
      log_info("{}: {}", served.managed.name(), news);
    }
    const std::string trouble = served.watch.ensure();
    if (trouble != served.watch_trouble && !trouble.empty()) {
      log_info("{} cannot be watched ({}): newly archived rollouts wait for the next "
               "scheduled pass",
               printable(served.managed.tree()),
               trouble);
    }
    served.watch_trouble = trouble;
  }
}

void Service::start_pass(Served& served) {
  const auto due = served.managed.schedule().due();
  log_info("{}: starting a pass: {}",
           served.managed.name(),
           phrase_of(due ? due->cause : PassCause::asked));
  PassCommand command{this_program(setup_.fs),
                      {"run", "--once", "--json", "--until-eof", "--config=/dev/null"},
                      pass_environment(setup_.environment)};
  // What was validated, not the file again: it may be another by now, or a bad one.
  for (std::string& flag : flags_of(served.managed.pass_settings())) {
    command.arguments.push_back(std::move(flag));
  }
  served.managed.pass_began();
  watchdog_.pass_began(setup_.clock.boot());
  busy_ = &served;
  auto started = PassProcess::start(
      loop_,
      command,
      {[this, &served](std::string_view line) { on_line(served, line); },
       [this, &served](int exit_code) { on_pass_ended(served, exit_code); }});
  if (!started) {
    log_warn("{}: {}", served.managed.name(), printable(describe(started.error())));
    constexpr int k_failed = 1;
    loop_.post([this, &served] { on_pass_ended(served, k_failed); });
    return;
  }
  pass_.emplace(std::move(*started));
  told_ = setup_.clock.boot();
  notify_.status(status_line());
}

void Service::on_arrival(Served& served, const std::string& name) {
  const auto before = served.managed.schedule().due();
  served.managed.look_at_arrival(name);
  const auto after = served.managed.schedule().due();
  // Nothing is due while a pass is running; its end looks again.
  if (after && (!before || after->at != before->at)) {
    log_info("{}: {}", served.managed.name(), served.managed.next_text());
    tell_status();
    advance();
  }
}

void Service::on_line(Served& served, std::string_view line) {
  if (setup_.pass_line) {
    setup_.pass_line(line);
  }
  switch (served.managed.take_line(line)) {
  case PassNews::none:
    return;
  case PassNews::moved:
    watchdog_.moved();
    break;
  case PassNews::waits:
    watchdog_.waits();
    break;
  }
  const BootTime now = setup_.clock.boot();
  if (!told_ || now - *told_ >= k_status_interval) {
    told_ = now;
    notify_.status(status_line());
    look_at_disk();
    stop_paused_pass();
  }
}

void Service::on_pass_ended(Served& served, int exit_code) {
  pass_.reset();
  busy_ = nullptr;
  watchdog_.pass_ended();
  served.managed.pass_ended(exit_code);
  looked_.reset(); // a pass frees space
  diagnose(ManagedStore::severity_of(exit_code),
           fmt::format(
               "{}: {}", served.managed.name(), served.managed.result_text(exit_code)));
  if (served.leaving) {
    stores_.remove_if([&served](const Served& one) { return &one == &served; });
  } else if (!stopping_) {
    log_info("{}: {}", served.managed.name(), served.managed.next_text());
  }
  if (!stopping_) {
    notify_.status(status_line());
  }
  advance();
}

void Service::stop_paused_pass() {
  if (pass_ && busy_ != nullptr && busy_->managed.pause().on) {
    pass_->end_input();
  }
}

} // namespace coldpress
