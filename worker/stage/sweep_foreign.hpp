#pragma once

#include "locking/guards.hpp"

namespace coldpress {

// A foreign temp file younger than this is never looked at.
inline constexpr std::chrono::hours k_foreign_temp_age{24};

struct ForeignTemp {
  std::string home; // the store
  std::string path; // a name that classify() calls foreign_temp
  std::uint32_t uid = 0;
};

enum class Swept : std::uint8_t {
  removed,
  in_use,  // young, open, another user's, gone, or a lock was busy: not now
  unknown, // nothing shows that its bytes are anywhere else: it stays
};

// Removes one temp file of Codex if its name is exactly such a one, both of its times are
// a day old, a lease proves that no process has it open, Codex's maintenance lock and its
// thread are free, and either it is empty or its bytes are all in its rollout: the first
// record names that, a form of it stands in the same directory or in the archive, and
// what the temp decodes to is how that form begins. The form is read to its end and made
// durable before the temp goes.
Result<Swept> sweep_foreign(Guards& guards, const ForeignTemp& temp);

// For an error of opening: it was removed or renamed since the scan, or not a regular
// file at all.
bool is_no_temp(const Error& error);

} // namespace coldpress
