#pragma once

#include "fsutil/file_stamp.hpp"
#include "fsutil/hash.hpp"
#include "worker/stage/reason.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace coldpress {

enum class OutcomeKind : std::uint8_t {
  compressed,
  recompressed, // a weak .zst was replaced by one of ours
  restored,
  skipped,        // nothing changed; `reason` says why
  failed,         // nothing changed; `error` says why
  writer_arrived, // undone: a writer came while the name changed
  reaped,         // the retired plain file is gone, its space free
  recovered,      // a leftover was cleaned up; `detail` says how
  conflict,       // two forms that differ; touched nothing
  orphaned,       // moved to orphans/
  removed,        // an orphan whose removal was requested
};

std::string_view name_of(OutcomeKind kind);

struct Stop;

// What became of one rollout. Made by one of the functions here.
struct Outcome {
  static Outcome of(std::string rollout, OutcomeKind kind, std::string detail = {});
  static Outcome failed(std::string rollout, Error error);
  static Outcome stopped(std::string rollout, const Stop& stop);

  // Relative to the store, as Candidate::rollout; what is in no store as it is.
  std::string rollout;
  OutcomeKind kind = OutcomeKind::skipped;
  std::optional<Reason> reason;
  std::optional<Error> error;
  std::string detail;
  FileStamp stamp; // of the file when it was claimed
  std::uint64_t bytes_before =
      0; // length of the plain form; of the old .zst if recompressed
  std::uint64_t bytes_after = 0; // length of the compressed form, 0 if none
  std::uint64_t plain_bytes = 0; // length of the plain form, once compressed
  std::optional<Hash128> hash;   // of the plain bytes
  int level = 0;
  int window_log = 0;
  std::uint64_t predicted_bytes = 0; // what bytes_after was expected to be; 0: nothing
  bool verified_from_disk = false;   // false: the kernel kept the pages
  std::uint64_t blocked_us = 0;      // length of the critical section
  double seconds = 0;
};

} // namespace coldpress
