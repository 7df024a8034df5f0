#include "worker/rollout/head_memory.hpp"

#include "worker/rollout/head_page.hpp"

#include <algorithm>
#include <array>
#include <iterator>
#include <map>
#include <span>
#include <utility>

namespace coldpress {

HeadKey head_key(std::string_view path, const FileStamp& stamp) {
  const Hash128 name = hash_of(std::as_bytes(std::span(path)));
  const std::array<std::uint64_t, 7> parts{
      name.high,
      name.low,
      stamp.device,
      stamp.inode,
      stamp.size,
      static_cast<std::uint64_t>(stamp.mtime.time_since_epoch().count()),
      static_cast<std::uint64_t>(stamp.ctime.time_since_epoch().count())};
  return hash_of(std::as_bytes(std::span(parts)));
}

std::uint32_t HeadMemory::page_of(const HeadKey& key) {
  return static_cast<std::uint32_t>(key.high % k_pages);
}

HeadMemory HeadMemory::from_pages(std::vector<HeadPage> pages) {
  HeadMemory memory;
  for (HeadPage& page : pages) {
    if (page.number < k_pages && is_head_page(page.number, page.bytes)) {
      memory.pages_.at(page.number).bytes = std::move(page.bytes);
    }
  }
  memory.number_entries();
  return memory;
}

void HeadMemory::number_entries() {
  size_ = 0;
  for (Page& page : pages_) {
    page.first = size_;
    size_ += HeadPageView(page.bytes).size();
  }
}

std::optional<HeadMemory::Found> HeadMemory::find(const HeadKey& key) const {
  const Page& page = pages_.at(page_of(key));
  const HeadPageView view(page.bytes);
  const std::size_t nth = view.find(key);
  if (nth == view.size()) {
    return std::nullopt;
  }
  return Found(page.first + nth, view.body(nth));
}

std::optional<RolloutHead> HeadMemory::Found::head() const {
  return head_of_body(body_);
}

std::optional<RecentWriters> HeadMemory::Found::writers() const {
  return writers_of_body(body_);
}

HeadKey HeadMemory::key_at(std::size_t nth) const {
  const auto page = std::prev(std::upper_bound(
      pages_.begin(), pages_.end(), nth, [](std::size_t n, const Page& each) {
        return n < each.first;
      }));
  return HeadPageView(page->bytes).key(nth - page->first);
}

std::vector<HeadPage> HeadMemory::apply(const HeadNews& news) {
  std::map<std::uint32_t, HeadEntries> touched;
  const auto page = [&](const HeadKey& key) -> HeadEntries& {
    const std::uint32_t number = page_of(key);
    const auto found = touched.find(number);
    return found != touched.end()
               ? found->second
               : touched
                     .emplace(number, entries_of(HeadPageView(pages_.at(number).bytes)))
                     .first->second;
  };
  for (const HeadKey& key : news.gone) {
    page(key).erase(key);
  }
  for (const RememberedHead& learned : news.learned) {
    page(learned.key)[learned.key] = head_body(learned.head, learned.writers);
  }
  std::vector<HeadPage> changed;
  for (const auto& [number, entries] : touched) {
    std::string bytes = head_page(number, entries);
    if (bytes != pages_.at(number).bytes) {
      pages_.at(number).bytes = bytes;
      changed.push_back({number, std::move(bytes)});
    }
  }
  number_entries();
  return changed;
}

} // namespace coldpress
