#include "worker/rollout/repeats.hpp"

#include "fsutil/hash.hpp"
#include "fsutil/page_cache.hpp"

#include <algorithm>
#include <cstring>

namespace coldpress {

namespace {

constexpr std::size_t k_piece = std::size_t{1} << 20U;
constexpr unsigned char k_anchor = 'k'; // in English as in base64 one byte of 60 to 150
constexpr std::size_t k_fingerprint_bytes = 32;
constexpr std::size_t k_enough = 200; // samples, to tell one part in a hundred

} // namespace

void Repeats::add(std::span<const std::byte> piece) {
  const std::byte* at = piece.data();
  const std::byte* const end = piece.data() + piece.size();
  while (static_cast<std::size_t>(end - at) >= k_fingerprint_bytes) {
    const std::size_t room = static_cast<std::size_t>(end - at) - k_fingerprint_bytes + 1;
    const void* found = std::memchr(at, k_anchor, room);
    if (found == nullptr) {
      break;
    }
    const auto* anchor = static_cast<const std::byte*>(found);
    const std::uint64_t hash = hash64({anchor, k_fingerprint_bytes});
    if (hash % one_of_ == 0) {
      take(length_ + static_cast<std::uint64_t>(anchor - piece.data()), hash);
    }
    at = anchor + 1;
  }
  length_ += piece.size();
}

void Repeats::take(std::uint64_t at, std::uint64_t fingerprint) {
  const auto [place, is_new] = last_.try_emplace(fingerprint, at);
  samples_.push_back({at, is_new ? 0 : at - place->second});
  place->second = at;
}

std::size_t Repeats::counted(std::uint64_t history) const {
  return static_cast<std::size_t>(
      std::count_if(samples_.begin(), samples_.end(), [&](const Sample& sample) {
        return sample.at >= history;
      }));
}

std::size_t
Repeats::spelled_out(int window_log, std::uint64_t begin, std::uint64_t end) const {
  const std::uint64_t window = std::uint64_t{1} << static_cast<unsigned>(window_log);
  return static_cast<std::size_t>(
      std::count_if(samples_.begin(), samples_.end(), [&](const Sample& sample) {
        return sample.at >= begin && sample.at < end &&
               (sample.distance == 0 || sample.distance > window);
      }));
}

std::optional<int>
Repeats::smallest_window_log(int at_least, int at_most, std::uint64_t history) const {
  if (counted(history) < k_enough) {
    return std::nullopt;
  }
  const std::size_t best = spelled_out(at_most, history, length_);
  for (int window_log = at_least; window_log < at_most; ++window_log) {
    if (spelled_out(window_log, history, length_) * 100 <= best * 101) {
      return window_log;
    }
  }
  return at_most;
}

std::optional<double> Repeats::fresh_share(int near_log,
                                           int window_log,
                                           std::uint64_t begin,
                                           std::uint64_t end) const {
  const std::size_t not_near = spelled_out(near_log, begin, end);
  if (not_near < k_enough) {
    return std::nullopt;
  }
  return static_cast<double>(spelled_out(window_log, begin, end)) /
         static_cast<double>(not_near);
}

Result<Repeats> look_for_copies(Fs& fs,
                                FileHandle file,
                                std::uint64_t size,
                                std::uint64_t begin,
                                std::uint64_t one_of,
                                const std::stop_token& stop) {
  const bool in_use = is_in_use(fs, file, size); // as it was before this look
  Repeats repeats(one_of);
  std::vector<std::byte> buffer(k_piece);
  for (std::uint64_t at = begin; at < size;) {
    if (stop.stop_requested()) {
      return Fail(Error{Errc::canceled, 0, "look for copies", {}, {}});
    }
    TRY_ASSIGN(const std::size_t got, fs.read_at(file, buffer, at));
    if (got == 0) {
      break; // cut short meanwhile: encode() will say so
    }
    repeats.add(std::span<const std::byte>(buffer).first(got));
    if (!in_use) {
      (void)fs.drop_cache(file, at, got);
    }
    at += got;
  }
  return repeats;
}

} // namespace coldpress
