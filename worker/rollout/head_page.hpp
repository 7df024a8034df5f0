#pragma once

#include "worker/rollout/head_memory.hpp"

#include <map>

namespace coldpress {

// One page of a HeadMemory as bytes; nothing but HeadMemory deals with them.

// True if a page of that number may be looked at: whole, undamaged, of this program's
// format, and everything on it in its place.
bool is_head_page(std::uint32_t number, std::string_view bytes);

// Over a page that is_head_page(), or an empty one. Does not own the bytes.
class HeadPageView {
public:
  explicit HeadPageView(std::string_view bytes) : bytes_(bytes) {}

  std::size_t size() const;
  HeadKey key(std::size_t nth) const;
  std::string_view body(std::size_t nth) const;
  // Where it is, or size().
  std::size_t find(const HeadKey& wanted) const;

private:
  friend bool is_head_page(std::uint32_t number, std::string_view bytes);
  std::size_t end(std::size_t nth) const; // of a body
  std::string_view bodies() const;
  std::string_view bytes_;
};

std::string head_body(const std::optional<RolloutHead>& head,
                      const std::optional<RecentWriters>& writers = {});
// Of a body on a page that is_head_page().
std::optional<RolloutHead> head_of_body(std::string_view body);
std::optional<RecentWriters> writers_of_body(std::string_view body);

struct ByHeadKey {
  bool operator()(const HeadKey& a, const HeadKey& b) const {
    return a.high != b.high ? a.high < b.high : a.low < b.low;
  }
};
using HeadEntries = std::map<HeadKey, std::string, ByHeadKey>; // key to body

HeadEntries entries_of(const HeadPageView& page);
// Empty if there is no entry.
std::string head_page(std::uint32_t number, const HeadEntries& entries);

} // namespace coldpress
