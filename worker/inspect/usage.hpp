#pragma once

#include "fsutil/clock.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace coldpress {

// Who takes how much room in a store. Pure: no disk, no clock.

enum class UsageForm : std::uint8_t {
  plain,
  compressed, // by coldpress: the ledger says so, or it has what our frames have
  others,     // compressed by another program: no checksum or no size in it
  retired,    // a plain form set aside, which goes when its grace is over
};

std::string_view name_of(UsageForm form);

// One file of a rollout.
struct UsageFile {
  std::string rollout; // logical path relative to the store
  std::string project; // the session's directory; empty: not known
  std::string source;  // as RolloutHead::source; empty: not known
  std::string tree;    // "archived" or "active"
  UsageForm form = UsageForm::plain;
  bool spare = false;      // a .zst beside its plain form, which every reader takes
  std::uint64_t bytes = 0; // on disk: what is allocated, not its length
  std::optional<std::uint64_t> plain; // length of the plain form, if known
  WallTime mtime{};
};

bool is_compressed(UsageForm form);

struct UsageGroup {
  std::string name;
  std::uint64_t rollouts = 0;         // retired and spare files not counted
  std::uint64_t bytes = 0;            // on disk: the next two together
  std::uint64_t bytes_plain = 0;      // of plain and retired files
  std::uint64_t bytes_compressed = 0; // of .zst
  std::uint64_t plain_bytes = 0;      // of all of them in plain form
  std::uint64_t saved_bytes = 0;      // by compression, of neither of them
  std::uint64_t size_unknown = 0;     // .zst that do not tell their plain length: these
                                      // count as if nothing had been saved

  void add(const UsageFile& file);
};

enum class Dimension : std::uint8_t { project, source, tree, age, size, form };

inline constexpr std::array k_dimensions{Dimension::project,
                                         Dimension::source,
                                         Dimension::tree,
                                         Dimension::age,
                                         Dimension::size,
                                         Dimension::form};

std::string_view name_of(Dimension dimension);

// "unknown" where nothing is known. Bands of age and size are in their order, empty ones
// too; all else by room on disk, the largest first, equal ones by name.
std::vector<UsageGroup>
group_by(Dimension dimension, const std::vector<UsageFile>& files, WallTime now);

UsageGroup total_of(const std::vector<UsageFile>& files);

// The largest on disk, at most `count`; equal ones by name.
std::vector<UsageFile> largest_of(const std::vector<UsageFile>& files, std::size_t count);

} // namespace coldpress
