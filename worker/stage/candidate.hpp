#pragma once

#include "config/settings.hpp"
#include "fsutil/file_stamp.hpp"
#include "worker/rollout/reader.hpp"
#include "worker/stage/reason.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace coldpress {

// A rollout as the scan saw it: in its plain form, or as a weak .zst that stands alone.
struct Candidate {
  std::string
      rollout; // logical path relative to the store: "archived_sessions/rollout-….jsonl"
  std::string path; // absolute path of the file
  Form form = Form::plain;
  Root root = Root::archived;
  FileType type = FileType::regular;
  FileStamp stamp;
  std::uint64_t allocated = 0; // bytes on disk
  bool valid_name = true;
  bool compressed_sibling = false; // the .zst stands beside it
  bool twin = false;               // the other tree has a form of it, too
  bool blocked = false;            // what is no file has the name of its .zst
  bool ours = false;               // of a weak frame: we made the one that stood there
  bool unreadable = false;         // could not be opened or read, and why:
  Reason why_unreadable = Reason::unreadable;
  std::string thread_id; // of the first session_meta; empty: there is none
  std::string cwd;       // project directory, may be empty
  std::optional<Version> cli_version;
  bool shares_history = false;           // has history_base, or is named in one
  std::optional<std::uint64_t> declared; // plain bytes, by the weak frame's own word
  std::string source;                    // as RolloutHead::source
};

// What a file system gives and takes back: to gain less is to gain nothing.
inline constexpr std::uint64_t k_block_bytes = 4096;

// Whether nearly all of a file is a hole, or was compressed away by its file system: its
// length says nothing of the work to be done or of the space to be gained.
constexpr bool is_sparse(std::uint64_t size, std::uint64_t allocated) {
  constexpr std::uint64_t k_bounded_anyway = std::uint64_t{16} << 20U;
  constexpr std::uint64_t k_denser = 128; // no file system compresses conversations so
  return size > k_bounded_anyway && allocated < size / k_denser;
}

} // namespace coldpress
