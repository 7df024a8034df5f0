#pragma once

#include "fsutil/clock.hpp"
#include "fsutil/result.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace coldpress {

// What is spoken on the control socket of `coldpress serve`: one JSON object a line, in
// both directions, each with the version "v". The lines are in worker/cli/FORMAT.md.
// Everything here is pure and throws nothing.

inline constexpr int k_control_version = 1;
inline constexpr std::size_t k_control_request_bytes = 4096; // its newline included
inline constexpr std::size_t k_control_reply_bytes = std::size_t{128} << 10U;

enum class ControlCommand : std::uint8_t { status, run_now, pause, resume };

// "run-now", as on the socket and on the command line.
std::string_view name_of(ControlCommand command);

struct ControlRequest {
  ControlCommand command = ControlCommand::status;
  // Not with status: only this store, as printable() shows its path. Empty: all of them.
  std::string store;
  // Only with pause, at most one of the two; neither means until resume.
  std::optional<WallTime> until;
  std::optional<std::chrono::milliseconds> lasting;
};

// When a pause ends that was asked for now; empty: not before resume. Errc::invalid if
// that time has passed already.
Result<std::optional<WallTime>> pause_end(const ControlRequest& request, WallTime now);

// --- what the daemon knows. Times are cut to the second on the way.

enum class ServiceState : std::uint8_t { idle, running, paused, stopping };

// "idle"
std::string_view name_of(ServiceState state);

struct ServiceRun {
  WallTime finished{};
  int exit_code = 0;
  std::uint64_t compressed = 0; // rollouts
  std::uint64_t bytes_before = 0;
  std::uint64_t bytes_after = 0;

  friend bool operator==(const ServiceRun&, const ServiceRun&) = default;
};

struct ServiceProgress {
  std::uint64_t files_done = 0;
  std::uint64_t files_total = 0;
  std::uint64_t bytes_done = 0;
  std::uint64_t bytes_total = 0;

  friend bool operator==(const ServiceProgress&, const ServiceProgress&) = default;
};

struct ServicePressure {
  bool on = false; // less is free than shall be
  std::uint64_t free_bytes = 0;
  std::uint64_t min_free_bytes = 0; // 0: not looked at

  friend bool operator==(const ServicePressure&, const ServicePressure&) = default;
};

struct ServiceStore {
  std::string path;
  ServiceState state = ServiceState::idle;
  std::optional<ServiceRun> last_run; // by this daemon, or as the ledger knows it
  std::optional<WallTime> next_due;   // of the next pass; empty while paused for good
  std::string reason;                 // why then, or why not: a phrase for a person
  std::optional<ServiceProgress> progress; // of the pass under way
  bool paused = false;                     // no new pass; one under way may still end
  std::optional<WallTime> paused_until;    // paused and empty: until resume
  ServicePressure pressure;

  friend bool operator==(const ServiceStore&, const ServiceStore&) = default;
};

struct ServiceStatus {
  std::uint32_t pid = 0;
  std::string version;
  WallTime started{};
  ServiceState state = ServiceState::idle; // running if any store is
  std::vector<ServiceStore> stores;

  friend bool operator==(const ServiceStatus&, const ServiceStatus&) = default;
};

// --- replies

// An Error as it goes over the socket.
struct ControlFailure {
  Errc code = Errc::invalid;
  std::string hint; // what is wrong and what to do

  friend bool operator==(const ControlFailure&, const ControlFailure&) = default;
};

struct ControlReply {
  std::optional<ControlFailure> failure; // and then nothing of the rest
  std::string text;                      // one sentence for a person; may be empty
  std::optional<ServiceStatus> status;   // always with `status`, else if it is at hand

  static ControlReply failed(Errc code, std::string hint);
  static ControlReply failed(const Error& error); // with describe() as its hint
};

// --- lines. What is written ends in a newline and has no other.

// `line` without its newline. Errc::invalid: no JSON, no object, a member of the wrong
// type, twice, not known, or of no use to that command; Errc::unsupported: another
// version. The context is a sentence for the sender.
Result<ControlRequest> parse_control_request(std::string_view line);
std::string control_line(const ControlRequest& request);

// Longer than k_control_reply_bytes it becomes a failure that says so.
std::string control_line(const ControlReply& reply);
// Errc::corrupt: not the reply of a coldpress; Errc::unsupported: of another version.
Result<ControlReply> parse_control_reply(std::string_view line);

} // namespace coldpress
