#pragma once

#include "fsutil/fs.hpp"
#include "worker/rollout/name.hpp"

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace coldpress {

// Why something in a tree that is named like a rollout, or may hold some, is not handled.
enum class Oddity : std::uint8_t {
  symlinked_dir, // a symlink to a directory, or to nothing where a year or month would be
  symlink,       // named like a rollout
  directory,     // named like a rollout
  special,       // a FIFO, socket or device named like a rollout
  bad_name,      // nearly a rollout's name
  unknown_temp,  // a temp file, of a rollout by its name, that may be the only copy
};

struct OddEntry {
  std::string path;
  Oddity oddity = Oddity::bad_name;
  NameKind kind = NameKind::other; // of its name
};

// "symlink", "not_regular", "bad_name", "unknown_temp": the reasons of NDJSON.
std::string_view reason_name(Oddity oddity);
// What it is and what to do, in one sentence.
std::string_view explain(Oddity oddity);
// Whether compressed rollouts may stand behind it, which nobody has looked at.
bool may_hide_rollouts(const OddEntry& odd);

struct TreeVisitor {
  // Each file but those that are nothing of ours nor of a rollout's.
  std::function<void(const std::string& dir, const DirEntry& entry, NameKind kind)> file;
  // A plain or retired name may come here and to `file`; a .zst comes to one of them.
  std::function<void(OddEntry entry)> odd;
  // A directory that could not be listed, or a tree that is none; the walk goes on.
  std::function<void(Error error)> failed;
  // As walk()'s: a directory in which nothing has to be visited, and those in it.
  std::function<std::optional<std::vector<std::string>>(const std::string& dir)> known{};
};

// The one walk over a tree of rollouts: whatever a command does with them, it has seen
// these. Follows no symlink; a tree that is one is an error. A missing tree is an empty
// one.
void walk_rollouts(Fs& fs, const std::string& tree, const TreeVisitor& visitor);

} // namespace coldpress
