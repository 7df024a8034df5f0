#include "fsutil/log.hpp"
#include "worker/serve/served.hpp"

#include <unistd.h>

namespace coldpress {

Result<void> Service::Served::listen(Service& service) {
  const Store& store = managed.store();
  TRY(make_dirs(service.setup_.fs, store.own_dir, 0700));
  auto opened = ControlServer::open(
      service.loop_,
      service.setup_.fs,
      store.control_socket(),
      service.setup_.uid,
      [&service](const ControlRequest& request, const ControlServer::Answer& answer) {
        answer(service.answer(request));
      });
  if (opened) {
    control.emplace(std::move(*opened));
    return {};
  }
  if (opened.error().code == Errc::busy) {
    return Fail(std::move(opened.error()));
  }
  log_warn("{}: coldpress control cannot reach this serve: {}",
           managed.name(),
           printable(describe(opened.error())));
  return {};
}

ServiceStatus Service::status() const {
  ServiceStatus status;
  status.pid = static_cast<std::uint32_t>(::getpid());
  status.version = setup_.version;
  status.started = started_;
  bool all_paused = !stores_.empty();
  for (const Served& served : stores_) {
    status.stores.push_back(served.managed.state());
    all_paused = all_paused && served.managed.pause().on;
  }
  status.state = stopping_          ? ServiceState::stopping
                 : busy_ != nullptr ? ServiceState::running
                 : all_paused       ? ServiceState::paused
                                    : ServiceState::idle;
  return status;
}

ControlReply Service::answer(const ControlRequest& request) {
  if (stopping_ && request.command != ControlCommand::status) {
    return ControlReply::failed(Errc::busy, "this coldpress serve is stopping");
  }
  const auto until = request.command == ControlCommand::pause
                         ? pause_end(request, setup_.clock.wall())
                         : Result<std::optional<WallTime>>(std::nullopt);
  if (!until) {
    return ControlReply::failed(until.error());
  }
  ControlReply reply;
  bool found = false;
  bool taken = false;          // by one store at least
  std::optional<Errc> refused; // by the last that refused
  for (Served& served : stores_) {
    if (!request.store.empty() && request.store != served.managed.name()) {
      continue;
    }
    found = true;
    if (request.command == ControlCommand::status) {
      continue;
    }
    const auto said = request.command == ControlCommand::run_now ? ask(served)
                      : request.command == ControlCommand::pause ? pause(served, *until)
                                                                 : resume(served);
    if (said) {
      taken = true;
    } else {
      refused = said.error().code;
    }
    reply.text += fmt::format("{}{}: {}",
                              reply.text.empty() ? "" : "; ",
                              served.managed.name(),
                              said ? *said : printable(describe(said.error())));
  }
  if (!found) {
    return ControlReply::failed(
        Errc::not_found,
        fmt::format("{} is not served here; coldpress control status shows what is",
                    request.store));
  }
  if (refused && (!taken || request.command != ControlCommand::run_now)) {
    loop_.post([this] { advance(); });
    log_info("{}: {}", name_of(request.command), reply.text);
    return ControlReply::failed(*refused, reply.text);
  }
  reply.status = status();
  if (request.command != ControlCommand::status) {
    log_info("{}: {}", name_of(request.command), reply.text);
    // After the answer: a pass may begin by it.
    loop_.post([this] { advance(); });
  }
  return reply;
}

Result<std::string> Service::ask(Served& served) {
  if (!served.managed.schedule().rules().enabled) {
    return Fail(Error{Errc::invalid,
                      0,
                      "",
                      "",
                      {"the feature local_thread_store_compression is off, nothing is "
                       "compressed; turn it "
                       "on in the configuration, and send SIGHUP to coldpress serve"}});
  }
  if (served.managed.pause().on) {
    return Fail(Error{Errc::busy,
                      0,
                      "",
                      "",
                      {"the daemon is paused; run coldpress control resume first"}});
  }
  if (served.managed.schedule().running()) {
    return "a pass is already running";
  }
  served.managed.schedule().ask(setup_.clock.boot());
  return busy_ == nullptr ? "starting a pass"
                          : "a pass starts when that of the other store ends";
}

Result<std::string> Service::pause(Served& served, std::optional<WallTime> until) {
  auto made = write_pause(setup_.fs, served.managed.store().own_dir, until);
  served.managed.look_at_pause();
  if (!made) { // an empty file may be there all the same
    return Fail(std::move(made.error())
                    .in(served.managed.pause().on
                            ? "paused, but the end of the pause was not recorded"
                            : "not paused"));
  }
  stop_paused_pass();
  return until ? "paused until " + format_time(*until) : "paused until it is resumed";
}

Result<std::string> Service::resume(Served& served) {
  if (auto gone = remove_pause(setup_.fs, served.managed.store().own_dir); !gone) {
    return Fail(std::move(gone.error()).in("not resumed"));
  }
  served.managed.look_at_pause();
  return served.managed.next_text();
}

} // namespace coldpress
