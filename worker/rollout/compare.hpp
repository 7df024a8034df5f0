#pragma once

#include "fsutil/file_stamp.hpp"
#include "worker/rollout/beginning.hpp"
#include "worker/rollout/reader.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>

namespace coldpress {

// How the logical bytes of two files relate.
enum class Relation : std::uint8_t {
  equal,
  first_is_prefix,  // proper: the second goes on
  second_is_prefix, // proper: the first goes on
  differ,
};

// How two files relate that were read side by side. Made by this file's functions only:
// whoever has one has read what it says.
class Comparison {
public:
  Relation relation() const { return relation_; }
  // Length of the part from the beginning that is the same.
  std::uint64_t common() const { return common_; }
  // Whether all bytes of `victim` are how `keeper` begins, by the file of that inode,
  // length and mtime each: which of the two comes first is of no matter.
  bool covers(const FileStamp& victim, const FileStamp& keeper) const;

private:
  friend class Comparer; // worker/rollout/compare.cpp
  Comparison(FileStamp first, FileStamp second) : first_(first), second_(second) {}
  FileStamp first_;
  FileStamp second_;
  Relation relation_ = Relation::equal;
  std::uint64_t common_ = 0;
};

// Reads both to the end of the shorter. Each is exactly that file, compressed if its
// name ends in .zst. Errc::corrupt if a compressed one cannot be decoded as far;
// Errc::canceled within a piece of being told to stop.
// Neither file is kept from changing meanwhile: compare stamps before and after.
Result<Comparison> compare_rollouts(Fs& fs,
                                    const std::string& first,
                                    const std::string& second,
                                    const std::stop_token& stop = {});

// The same of what two readers have left. `go_on` is asked before each piece: an error of
// its own ends the comparison.
Result<Comparison> compare_readers(RolloutReader& first,
                                   RolloutReader& second,
                                   const std::function<Result<void>()>& go_on);

// Of a file that may end anywhere and the whole that it may be the beginning of, as
// is_beginning_of() has it: Relation::first_is_prefix, or nothing if it is not.
Result<std::optional<Comparison>>
compare_beginning(Fs& fs,
                  const OpenForm& part,
                  RolloutReader& whole,
                  const std::function<Result<void>()>& go_on);

// The same of a .zst beside the plain file that it was being made from when it was cut
// off; one that declares more bytes than that file has was not.
Result<std::optional<Comparison>> compare_cut_off(Fs& fs,
                                                  const std::string& compressed_path,
                                                  const std::string& plain_path);

} // namespace coldpress
