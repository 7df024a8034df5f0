#pragma once

#include "config/settings.hpp"
#include "fsutil/posix_fs.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace coldpress::race {

// A Codex home in a scratch directory of its own, whose rollouts are told apart by
// numbers. Removed at the end unless keep() was called.
class Home {
public:
  // Below $TMPDIR, or /tmp; in `memory` where the machine has a file system for that.
  enum class On { disk, memory };
  explicit Home(On on = On::disk);
  Home(const Home&) = delete;
  Home& operator=(const Home&) = delete;
  ~Home();

  void keep();
  const std::string& path() const { return path_; }
  std::string dir(Root root) const;
  // Even numbers begin in sessions/, odd ones in archived_sessions/.
  static Root first_root(std::uint32_t rollout);
  static std::string thread_id(std::uint32_t rollout);

  std::string plain(std::uint32_t rollout, Root root) const;
  std::string plain(std::uint32_t rollout) const {
    return plain(rollout, first_root(rollout));
  }
  std::string compressed(std::uint32_t rollout) const { return plain(rollout) + ".zst"; }
  std::string retired(std::uint32_t rollout) const;
  // Outside both trees.
  std::string other_link(std::uint32_t rollout) const;

  // What a rollout of so many lines consists of, some 120 bytes each.
  static std::string text(std::uint32_t rollout, int lines);
  // A rollout of some 12 KiB, whole from the moment it has its name.
  void make(std::uint32_t rollout) const { make(rollout, 100); }
  void make(std::uint32_t rollout, int lines) const;

  // What a reader gets, from whichever tree has it, the plain form first. Nothing if
  // there is none or it cannot be decoded.
  std::optional<std::string> read(std::uint32_t rollout) const;
  bool stands(std::uint32_t rollout, Root root) const;
  // Names in the trees that no reader asks for: retired files, temps.
  std::vector<std::string> litter() const;
  // Rollouts with more than one form.
  std::vector<std::string> pairs() const;

private:
  PosixFs fs_;
  std::string path_;
  bool keep_ = false;
};

// The bytes of exactly that file, decoded if it is a .zst.
std::optional<std::string> read_form(const std::string& path);

} // namespace coldpress::race
