#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace coldpress {

// Errors are values, sorted by what to do next.
enum class Errc : std::uint8_t {
  // The world moved or is in use: skip this rollout, the next pass tries again.
  not_found,
  exists,
  busy,
  changed,
  lost_lock,
  // The machine: report; a pass may go on with other files.
  no_space,
  denied,
  io,
  // The data, the caller, the platform, the user.
  corrupt,
  invalid,
  unsupported,
  canceled,
  not_saved, // a thread without a turn: Codex has written no rollout for it so far
};

struct Error {
  Errc code = Errc::io;
  int sys = 0;                      // errno, 0 if none
  std::string_view op;              // a literal: "linkat", "zstd decode"
  std::string path;                 // the file it happened to, may be empty
  std::vector<std::string> context; // innermost first; what a person should know or do

  static Error from_errno(int err, std::string_view op, std::string path);

  // Adds one line of context.
  Error&& in(std::string what) &&;
  // Names the file, if no file is named yet: a call on a handle does not know its path.
  Error&& at(const std::string& file) &&;
};

// "no_space", as in NDJSON and in the ledger.
std::string_view name_of(Errc code);

// "ENOSPC"; empty for 0.
std::string errno_name(int err);

// One line for a person: what failed, on what, why, and the context.
std::string describe(const Error& error);

} // namespace coldpress
