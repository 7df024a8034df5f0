#pragma once

#include "worker/rollout/head_memory.hpp"
#include "worker/rollout/tree_walk.hpp"
#include "worker/stage/candidate.hpp"
#include "worker/stage/place.hpp"
#include "worker/stage/version_seen.hpp"

#include <array>
#include <cstdint>
#include <string>
#include <vector>

namespace coldpress {

// A .zst as the scan saw it.
struct CompressedRollout {
  std::string rollout; // logical path, as Candidate::rollout
  std::string path;    // absolute
  FileStamp stamp;
  std::uint64_t allocated = 0; // bytes on disk
  bool head_known = false;     // its first record was read, now or earlier
  std::string cwd;
  std::string source;
};

// Everything one walk over both trees has found.
struct Inventory {
  std::vector<Candidate> candidates;         // plain forms and what is named like one
  std::vector<Candidate> weak;               // .zst that stand alone; only if asked for
  std::vector<CompressedRollout> compressed; // each .zst; only if asked for
  std::vector<RolloutForms> leftovers;       // more than one form, or a retired one
  std::vector<std::string> parts;            // our named temps, absolute
  std::vector<std::string> foreign_temps;    // Codex's temps, absolute
  std::vector<VersionSeen> versions;         // within the days that count, each once
  std::array<std::string, 2> examples;       // by Root: any rollout file of that tree
  // By Root: the file system's type, if it is not known to be local; else empty.
  std::array<std::string, 2> not_local;
  std::uint64_t compressed_files = 0;
  std::uint64_t compressed_bytes = 0;     // their lengths
  std::uint64_t compressed_allocated = 0; // bytes on disk
  // What is named like a rollout or may hold some, and is not handled. The plan has a
  // decision, too, for those that have a plain name.
  std::vector<OddEntry> odd;
  std::vector<Error> errors; // directories that could not be listed
  HeadNews heads;            // what the next walk need not read again
};

} // namespace coldpress
