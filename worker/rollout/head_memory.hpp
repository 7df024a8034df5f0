#pragma once

#include "fsutil/file_stamp.hpp"
#include "fsutil/hash.hpp"
#include "worker/rollout/head.hpp"
#include "worker/rollout/recent_writers.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace coldpress {

// Which file it is and how it was: of its path below the store, its device, inode,
// length, mtime and ctime. A file that was changed, moved or replaced has another key.
using HeadKey = Hash128;
HeadKey head_key(std::string_view path, const FileStamp& stamp);

struct RememberedHead {
  HeadKey key;
  std::optional<RolloutHead> head; // empty: it has no session_meta
  // Of turns, only if requested; none without a head.
  std::optional<RecentWriters> writers{};
};

// What one walk found that a HeadMemory did not know, and what it knew in vain.
struct HeadNews {
  std::vector<RememberedHead> learned;
  std::vector<HeadKey> gone;
  bool empty() const { return learned.empty() && gone.empty(); }
};

// A part of a HeadMemory as it is kept between runs.
struct HeadPage {
  std::uint32_t number = 0;
  std::string bytes; // empty: nothing is on that page
};

// First records read earlier, so that a file that is as it was need not be opened again.
// A value: no disk, no clock.
//
// Kept in pages with a checksum, so that reading a large one costs little and a change
// rewrites little. What is damaged, or was written by a program that read first records
// in another way, is as if it had never been read.
class HeadMemory {
public:
  static constexpr std::size_t k_pages = 1024;

  HeadMemory() = default;
  static HeadMemory from_pages(std::vector<HeadPage> pages);

  // Until the next apply(), and no longer than the memory.
  class Found {
  public:
    std::size_t nth() const { return nth_; }      // for key_at()
    std::optional<RolloutHead> head() const;      // empty: it has no session_meta
    std::optional<RecentWriters> writers() const; // empty: not requested

  private:
    friend class HeadMemory;
    Found(std::size_t nth, std::string_view body) : nth_(nth), body_(body) {}
    std::size_t nth_;
    std::string_view body_;
  };
  std::optional<Found> find(const HeadKey& key) const;

  std::size_t size() const { return size_; }
  HeadKey key_at(std::size_t nth) const;

  // Returns the pages that are different now. News of what it knows already, or of what
  // it never knew to be gone, change nothing else.
  std::vector<HeadPage> apply(const HeadNews& news);

  static std::uint32_t page_of(const HeadKey& key);

private:
  struct Page {
    std::string bytes;
    std::size_t first = 0; // entries on the pages before
  };
  void number_entries();
  std::array<Page, k_pages> pages_;
  std::size_t size_ = 0;
};

} // namespace coldpress
