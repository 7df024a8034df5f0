#pragma once

#include "fsutil/result.hpp"

#include <cstdint>
#include <string_view>

namespace coldpress {

// Why a rollout is taken or left. The names are those of NDJSON, the ledger and the
// manual; they are never reused for something else.
enum class Reason : std::uint8_t {
  cold,
  weak_frame,
  lost_checksum,
  too_young,
  unsettled,
  future_mtime,
  time_out_of_range,
  empty,
  too_small,
  sparse,
  no_gain,
  not_regular,
  symlink,
  name_too_long,
  hard_linked,
  not_owner,
  no_session_meta,
  bad_name,
  excluded,
  held,
  both_forms,
  in_both_trees,
  blocked,
  mount_point,
  open_for_writing,
  live_writer,
  maintenance,
  foreign_marker,
  no_lease,
  reader_too_old,
  shared_history,
  metadata_not_kept,
  no_exchange,
  extra_data,
  changed,
  vanished,
  no_space,
  no_memory,
  too_large,
  unreadable,
  not_writable,
  read_only,
  not_permitted,
  io_error,
  damaged,
  // outcomes only
  canceled,
  no_time,
};

std::string_view name_of(Reason reason);
// A sentence for a person: what it means and, where there is something, what to do.
std::string_view explain(Reason reason);
// What a failed call says of the file, by its errno and by what was tried.
Reason reason_for(const Error& error);

} // namespace coldpress
