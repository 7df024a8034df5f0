#include "worker/rollout/head_page.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <span>
#include <type_traits>

namespace coldpress {

namespace {

// Raise it whenever parse_head(), parse_turn() or head_key() means something else than
// before.
constexpr std::uint32_t k_format = 3;

// A page: checksum, format, number of entries; the keys in ascending order; where each
// body ends; the bodies. Integers as this machine has them: on another kind of machine
// the checksum does not fit, and all is read anew.
constexpr std::size_t k_checksum = sizeof(HeadKey);
constexpr std::size_t k_format_at = k_checksum;
constexpr std::size_t k_count_at = k_format_at + sizeof(std::uint32_t);
constexpr std::size_t k_keys_at = k_count_at + sizeof(std::uint32_t);
constexpr std::size_t k_per_entry = sizeof(HeadKey) + sizeof(std::uint32_t);

static_assert(std::is_trivially_copyable_v<HeadKey> && sizeof(HeadKey) == 16);

bool before(const HeadKey& a, const HeadKey& b) {
  return ByHeadKey{}(a, b);
}

template <class T> void put(std::string& into, const T& value) {
  static_assert(std::is_trivially_copyable_v<T>);
  const std::size_t at = into.size();
  into.resize(at + sizeof(T));
  std::memcpy(into.data() + at, &value, sizeof(T));
}

// The caller has made sure that it is there.
template <class T> T get(std::string_view from, std::size_t at) {
  T value;
  std::memcpy(&value, from.data() + at, sizeof(T));
  return value;
}

void put_time(std::string& into, WallTime time) {
  put(into, static_cast<std::int64_t>(time.time_since_epoch().count()));
}

void put_text(std::string& into, std::string_view text) {
  put(into, static_cast<std::uint32_t>(text.size()));
  into += text;
}

// One body, seen through. What is not there is nothing, and makes it unsound.
class BodyView {
public:
  explicit BodyView(std::string_view body) : rest_(body) {
    written_ = take<std::int64_t>();
    shares_ = take<std::uint8_t>();
    for (std::string_view& text : texts_) {
      const auto size = take<std::uint32_t>();
      sound_ = sound_ && size <= rest_.size();
      text = rest_.substr(0, size);
      rest_.remove_prefix(text.size());
    }
    has_writers_ = take<std::uint8_t>() != 0;
    if (has_writers_) {
      for (WallTime& last : writers_.last) {
        last = take_time();
      }
      writers_.seen_since = take_time();
    }
    sound_ = sound_ && rest_.empty();
  }

  bool sound() const { return sound_; }
  RolloutHead head() const {
    return {
        std::string(texts_[0]),
        std::string(texts_[1]),
        std::string(texts_[2]),
        shares_ != 0,
        std::string(texts_[3]),
        std::clamp(WallTime(std::chrono::nanoseconds(written_)), k_too_early, k_too_late),
        std::string(texts_[4])};
  }
  std::optional<RecentWriters> writers() const {
    return has_writers_ ? std::optional(writers_) : std::nullopt;
  }

private:
  template <class T> T take() {
    if (rest_.size() < sizeof(T)) {
      sound_ = false;
      return {};
    }
    const T value = get<T>(rest_, 0);
    rest_.remove_prefix(sizeof(T));
    return value;
  }
  WallTime take_time() {
    return WallTime(std::chrono::nanoseconds(take<std::int64_t>()));
  }

  std::string_view rest_;
  bool sound_ = true;
  std::int64_t written_ = 0;
  std::uint8_t shares_ = 0;
  std::array<std::string_view, 5> texts_; // in the order of head_body()
  bool has_writers_ = false;
  RecentWriters writers_;
};

bool is_body(std::string_view bytes) {
  return bytes.empty() || BodyView(bytes).sound();
}

// With the page's number: a page in another's place is as good as damaged.
Hash128 checksum(std::uint32_t number, std::string_view bytes) {
  const Hash128 hash = hash_of(std::as_bytes(std::span(bytes.substr(k_checksum))));
  return {hash.high, hash.low ^ number};
}

} // namespace

std::size_t HeadPageView::size() const {
  return bytes_.empty() ? 0 : get<std::uint32_t>(bytes_, k_count_at);
}

HeadKey HeadPageView::key(std::size_t nth) const {
  return get<HeadKey>(bytes_, k_keys_at + nth * sizeof(HeadKey));
}

std::size_t HeadPageView::end(std::size_t nth) const {
  return get<std::uint32_t>(
      bytes_, k_keys_at + size() * sizeof(HeadKey) + nth * sizeof(std::uint32_t));
}

std::string_view HeadPageView::bodies() const {
  return bytes_.substr(k_keys_at + size() * k_per_entry);
}

std::string_view HeadPageView::body(std::size_t nth) const {
  const std::size_t begin = nth == 0 ? 0 : end(nth - 1);
  return bodies().substr(begin, end(nth) - begin);
}

// Keys are spread evenly, so one begins where it should be and is mostly right but for a
// few: a search by halves would touch more of cold memory.
std::size_t HeadPageView::find(const HeadKey& wanted) const {
  const std::size_t count = size();
  std::size_t nth = ((wanted.high >> 32U) * count) >> 32U;
  while (nth > 0 && !before(key(nth - 1), wanted)) {
    --nth;
  }
  while (nth < count && before(key(nth), wanted)) {
    ++nth;
  }
  return nth < count && key(nth) == wanted ? nth : count;
}

bool is_head_page(std::uint32_t number, std::string_view bytes) {
  if (bytes.size() < k_keys_at || get<Hash128>(bytes, 0) != checksum(number, bytes) ||
      get<std::uint32_t>(bytes, k_format_at) != k_format) {
    return false;
  }
  const HeadPageView page(bytes);
  const std::size_t count = page.size();
  if ((bytes.size() - k_keys_at) / k_per_entry < count) {
    return false;
  }
  std::size_t end = 0;
  for (std::size_t nth = 0; nth < count; ++nth) {
    if (page.end(nth) < end || HeadMemory::page_of(page.key(nth)) != number ||
        (nth > 0 && !before(page.key(nth - 1), page.key(nth)))) {
      return false;
    }
    end = page.end(nth);
  }
  if (end != page.bodies().size()) {
    return false;
  }
  for (std::size_t nth = 0; nth < count; ++nth) {
    if (!is_body(page.body(nth))) {
      return false;
    }
  }
  return true;
}

// No session_meta: an empty body.
std::string head_body(const std::optional<RolloutHead>& head,
                      const std::optional<RecentWriters>& writers) {
  std::string body;
  if (head) {
    put_time(body, head->written);
    put(body, static_cast<std::uint8_t>(head->has_history_base));
    put_text(body, head->thread_id);
    put_text(body, head->cwd);
    put_text(body, head->cli_version);
    put_text(body, head->history_base_thread);
    put_text(body, head->source);
    put(body, static_cast<std::uint8_t>(writers.has_value()));
    if (writers) {
      for (const WallTime last : writers->last) {
        put_time(body, last);
      }
      put_time(body, writers->seen_since);
    }
  }
  return body;
}

std::optional<RolloutHead> head_of_body(std::string_view body) {
  return body.empty() ? std::nullopt : std::optional(BodyView(body).head());
}

std::optional<RecentWriters> writers_of_body(std::string_view body) {
  return body.empty() ? std::nullopt : BodyView(body).writers();
}

HeadEntries entries_of(const HeadPageView& page) {
  HeadEntries entries;
  for (std::size_t nth = 0; nth < page.size(); ++nth) {
    entries.emplace_hint(entries.end(), page.key(nth), page.body(nth));
  }
  return entries;
}

std::string head_page(std::uint32_t number, const HeadEntries& entries) {
  if (entries.empty()) {
    return {};
  }
  std::string bytes(k_checksum, '\0');
  put(bytes, k_format);
  put(bytes, static_cast<std::uint32_t>(entries.size()));
  for (const auto& entry : entries) {
    put(bytes, entry.first);
  }
  std::size_t end = 0;
  for (const auto& entry : entries) {
    end += entry.second.size();
    put(bytes, static_cast<std::uint32_t>(end));
  }
  for (const auto& entry : entries) {
    bytes += entry.second;
  }
  const Hash128 sum = checksum(number, bytes);
  std::memcpy(bytes.data(), &sum, sizeof(sum));
  return bytes;
}

} // namespace coldpress
