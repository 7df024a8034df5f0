#pragma once

#include "config/load.hpp"
#include "fsutil/group_memory.hpp"
#include "fsutil/pressure.hpp"
#include "worker/control/control_protocol.hpp"
#include "worker/inspect/look.hpp"
#include "worker/preflight/preflight.hpp"
#include "worker/preview/preview.hpp"
#include "worker/schedule/schedule_types.hpp"

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace coldpress {

// What doctor's checks go by: looked up beforehand, so that each check is a function
// over values.

struct ConfigFacts {
  LoadedSettings loaded;      // without the file or the environment, if those are wrong
  std::optional<Error> error; // what is wrong
  Result<FileStat> file = FileStat{}; // of the file that was read; meaningless if none
};

// The store, one of its trees, our directory in it, or the state directory.
struct DirFacts {
  std::string name; // as a person calls it: "archived_sessions"
  std::string path;
  Result<FileStat> stat = FileStat{}; // of the directory; a tree's is not followed
  Result<SpaceInfo> space = SpaceInfo{};
  std::optional<bool> unnamed; // O_TMPFILE; empty: not tried
};

struct LockFacts {
  Result<std::optional<StoreLockHolder>> store = std::optional<StoreLockHolder>{};
  Result<std::optional<MarkerInfo>> marker = std::optional<MarkerInfo>{};
  Result<bool> maintenance = false;
  Result<bool> coordination = false;
  std::map<std::string, std::uint32_t> pids; // by "store", "maintenance", …, if told
};

// What verify found damaged, and what can be done about it now.
struct DamagedFile {
  Verification seen;
  std::string advice;
};

struct LedgerFacts {
  std::string path;
  bool there = false;
  std::optional<Error> error; // cannot be read, or damaged
  std::vector<RunRow> runs;   // newest first
  std::vector<FileRow> troubled;
  std::size_t held = 0;
  std::size_t verified = 0;               // .zst that were read whole at some time
  std::optional<WallTime> verified_first; // of those, the one longest ago
  std::vector<DamagedFile> damaged;       // and still there as they were
  std::vector<Verification> unread;       // undamaged, but Codex does not read all of it
  std::vector<std::string> set_aside;     // damaged ones, by an earlier run
};

// A directory with rollouts in which no file can be made.
struct ClosedDir {
  Error error; // names it
  std::string hint;
  std::size_t rollouts = 0;
};

struct StoreFacts {
  Store store;
  DirFacts home;
  std::vector<DirFacts> trees; // by Root
  std::vector<DirFacts> own;   // ours, as far as they are there
  Result<std::optional<bool>> codex_flag = std::optional<bool>{};
  LockFacts locks;
  // What the daemon answers; empty: there is none.
  Result<std::optional<ControlReply>> daemon = std::optional<ControlReply>{};
  LedgerFacts ledger;
  Preview preview;
  FrameCensus frames;
  std::vector<preflight::Obstacle> obstacles;
  std::vector<ClosedDir> closed;
  std::array<LeaseAnswer, 2> leases{}; // by Root
  Result<std::vector<Orphan>> orphans = std::vector<Orphan>{};
};

struct MachineFacts {
  WallTime now{};
  std::uint32_t uid = 0;
  ProcessId self;
  MachineLoad load;
  std::optional<std::uint64_t> open_files;       // the soft limit
  std::optional<GroupMemory> group_memory;       // empty: no limit is told
  std::optional<std::uint64_t> memory_available; // on the machine
  std::string zstd_version;
};

struct DoctorFacts {
  MachineFacts machine;
  ConfigFacts config;
  Result<ScheduleStatus> schedule = ScheduleStatus{}; // of this user
  std::optional<Error> store_error;
  std::optional<StoreFacts> store; // empty if there is an error
};

// Errc::invalid if a flag is wrong; any other trouble is among the facts.
Result<DoctorFacts>
look_up(Fs& fs, const Clock& clock, const LoadInputs& inputs, std::uint32_t uid);

} // namespace coldpress
