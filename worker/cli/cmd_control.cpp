#include "worker/cli/command.hpp"
#include "worker/cli/control_text.hpp"
#include "worker/cli/ndjson.hpp"
#include "worker/cli/say.hpp"
#include "worker/control/control_client.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <array>

namespace coldpress {

namespace {

constexpr std::array k_actions{ControlCommand::status,
                               ControlCommand::run_now,
                               ControlCommand::pause,
                               ControlCommand::resume};

Fail wrong_use(std::string sentence) {
  return Fail(Error{Errc::invalid, 0, "control", {}, {std::move(sentence)}});
}

Result<ControlCommand> parse_action(const std::string& typed) {
  std::vector<std::string> names;
  for (const ControlCommand action : k_actions) {
    if (typed == name_of(action)) {
      return action;
    }
    names.emplace_back(name_of(action));
  }
  const std::string near = nearest(typed, names);
  return wrong_use(
      fmt::format("unknown action \"{}\"{}; use one of {}",
                  printable(typed),
                  near.empty() ? "" : fmt::format(", did you mean {}?", near),
                  fmt::join(names, ", ")));
}

Result<ControlRequest> parse_request(const Options& options, WallTime now) {
  ControlRequest request;
  TRY_ASSIGN(request.command, parse_action(options.action));
  const bool is_pause = request.command == ControlCommand::pause;
  if (!is_pause && (!options.pause_for.empty() || !options.pause_until.empty())) {
    return wrong_use("--for and --until need pause");
  }
  if (request.command == ControlCommand::status && options.all) {
    return wrong_use("status always shows all stores; leave out --all");
  }
  if (!options.pause_for.empty()) {
    TRY_ASSIGN(request.lasting, parse_duration(options.pause_for));
  }
  if (!options.pause_until.empty()) {
    TRY_ASSIGN(request.until, parse_time(options.pause_until));
  }
  TRY(pause_end(request, now));
  return request;
}

Result<ControlReply>
ask(const Context& context, const Store& store, ControlRequest request) {
  if (request.command != ControlCommand::status && !context.options.all) {
    request.store = printable(store.home);
  }
  TRY_ASSIGN(ControlReply reply,
             ask_daemon(store.control_socket(), request, context.uid, context.clock));
  if (reply.failure) {
    return Fail(Error{
        reply.failure->code, 0, "coldpress serve", {}, {std::move(reply.failure->hint)}});
  }
  if (request.command == ControlCommand::status && !reply.status) {
    return Fail(
        Error{Errc::corrupt,
              0,
              "coldpress serve",
              {},
              {"it sent no status; use the same coldpress version on both sides"}});
  }
  return reply;
}

// Nothing here is damage, and no daemon is something that may be otherwise later.
Exit exit_of(const Error& error) {
  switch (error.code) {
  case Errc::not_found:
  case Errc::busy:
    return Exit::busy;
  case Errc::invalid:
    return Exit::usage;
  default:
    return Exit::failed;
  }
}

void show(const Options& options, const ControlReply& reply) {
  if (options.json) {
    print_data(control_line(reply));
  } else if (options.action == name_of(ControlCommand::status)) {
    out("{}", service_text(*reply.status));
  } else if (!options.quiet) {
    out("{}\n", printable(reply.text));
  }
}

} // namespace

void add_control(CLI::App& app, Options& options) {
  app.add_option("ACTION", options.action, "status, run-now, pause or resume")
      ->type_name("status|run-now|pause|resume")
      ->required();
  app.add_option(
         "--for", options.pause_for, "length of the pause (default: until resume)")
      ->type_name("DURATION");
  app.add_option("--until", options.pause_until, "end of the pause, in RFC 3339")
      ->type_name("TIME")
      ->excludes("--for");
  app.add_flag("--all", options.all, "apply to all stores of the daemon");
}

int cmd_control(const Context& context) {
  const auto request = parse_request(context.options, context.clock.wall());
  if (!request) {
    return report(context, request.error());
  }
  const auto opened = open(context);
  if (!opened) {
    return report(context, opened.error());
  }
  const auto reply = ask(context, opened->store, *request);
  if (!reply) {
    (void)report(context, reply.error());
    return static_cast<int>(exit_of(reply.error()));
  }
  show(context.options, *reply);
  return static_cast<int>(Exit::ok);
}

} // namespace coldpress
