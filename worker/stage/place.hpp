#pragma once

#include "config/settings.hpp"
#include "fsutil/fs.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace coldpress {

// A file of ours or Codex's found in one of the trees.
enum class Role : std::uint8_t { plain, compressed, retired };

std::string_view name_of(Role role);

struct FoundFile {
  Role role = Role::plain;
  Root root = Root::archived;
  std::string path; // absolute
};

// `path` relative to the store, as Candidate::rollout; a path that is not below it as it
// is.
std::string path_in_store(const std::string& home, const std::string& path);

// Where Codex keeps the plain form in that tree: flat in the archive, by the date in its
// name in the other. Empty if the name has no date. `home` is the store.
std::optional<std::string>
usual_path(const std::string& home, Root root, const std::string& plain_name);

// Whether it stands in a directory in which Codex keeps that rollout.
bool is_in_usual_place(const std::string& home,
                       const FoundFile& file,
                       const std::string& plain_name);

// A form of the same rollout where Codex keeps it in the other tree: its path; nothing if
// there is none, or if `path` is somebody's copy in a place where Codex would not look.
// Whoever compresses one of two such files decides which of them is the rollout.
Result<std::optional<std::string>>
find_twin(Fs& fs, const std::string& home, Root root, const std::string& path);

// Where the forms of one rollout stand, by the path of either.
struct FormPaths {
  explicit FormPaths(const std::string& either);
  std::string dir;
  std::string plain;
  std::string compressed;
  std::string retired;
};

// Every form of one rollout, wherever in the store it stands. More than one file means
// that a publication is under way, or that something was left behind.
struct RolloutForms {
  std::string plain_name; // file name of the plain form
  std::vector<FoundFile> files;
};

} // namespace coldpress
