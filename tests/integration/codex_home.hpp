#pragma once

#include "tests/support/program.hpp"
#include "tests/support/temp_dir.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace coldpress {

// A rollout to be written into a test's store. The same values give the same bytes.
struct RolloutFile {
  int number = 1; // gives it its thread id and its name
  std::string tree = "archived_sessions";
  std::size_t bytes = 40'000;
  int days_old = 30;
  unsigned mode = 0600;
  std::string cli_version = "0.169.0";
  std::string cwd = "/home/somebody/project";
  std::string begun = "2026-01-05T09:00:00.000Z"; // time of the first record
  std::string more_meta{};              // members more of the session_meta payload
  bool compressible = true;             // else noise after the first line
  std::optional<std::string> content{}; // instead of all of the above
};

std::string thread_id(int number);
std::string file_name(int number); // rollout-….jsonl
std::string rollout_content(const RolloutFile& file);
std::string days_ago(int days); // as Codex writes a time
// A turn_context line with these members more, without an id.
std::string turn_line(const std::string& time, const std::string& members);

// A Codex home on the real disk, and the program to work on it.
class CodexHome {
public:
  CodexHome();

  std::string operator/(const std::string& name) const { return path_ + "/" + name; }
  const std::string& path() const { return path_; }
  const std::string& outside() const { return dir_.path(); } // the directory above

  // Writes the file with its age; the path relative to the home.
  std::string add(const RolloutFile& file);

  // coldpress COMMAND... --store <home>, with an environment that is nobody's.
  ProgramStart coldpress(std::vector<std::string> words) const;
  ProgramEnd run(std::vector<std::string> words) const;
  // run --once with the feature on and nothing to wait for.
  ProgramStart compressing(const std::vector<std::string>& more = {}) const;
  ProgramEnd compress(const std::vector<std::string>& more = {}) const;

  // Gives everything to the ordinary user if we are root, and lets that user in.
  void give_to_ordinary_user() const;
  // `start`, run by that user, from a copy of the program that it can reach.
  ProgramStart as_ordinary_user(ProgramStart start) const;

private:
  TempDir dir_;
  std::string path_;
};

// Every file below `dir`, as one line of all that stat(2) says, and its content's hash.
// Not the atime. `with_inodes`: inode and ctime, too.
using Listing = std::map<std::string, std::string>;
enum class Inodes { without, with };
Listing list(const std::string& dir, Inodes inodes = Inodes::with);
// Lines that are in one only, or empty. `ignored` are prefixes of paths.
std::string difference(const Listing& before,
                       const Listing& after,
                       const std::vector<std::string>& ignored = {});
// What coldpress may make in a home.
extern const std::vector<std::string> k_of_its_own;

bool exists(const std::string& path);
std::string read_file(const std::string& path);
void write_file(const std::string& path, const std::string& bytes);
void set_age(const std::string& path, int days, int nanoseconds = 123'456'789);
void make_dirs(const std::string& path);

// The bytes of a rollout in whichever form it stands: through the zstd tool.
std::string rollout_bytes(const std::string& plain_path);
// Names below `dir` that end so.
std::vector<std::string> names_ending(const std::string& dir, const std::string& ending);
// Nothing of an interrupted run is left below `dir`.
std::vector<std::string> litter(const std::string& dir);

// Empty if the two are equal, else where they differ: short, whatever they hold.
std::string differing(const std::string& found, const std::string& expected);
// `part` if it is in `text`, else `text` itself, so that a failed check shows it.
std::string has(const std::string& text, const std::string& part);

} // namespace coldpress

// The check behind has(): CHECK_HAS(end.err, "no such store").
#define CHECK_HAS(text, part) CHECK_EQ(::coldpress::has((text), (part)), (part))
