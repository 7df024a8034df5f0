#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace coldpress::corpus {

// splitmix64: small, fast, and the same on every machine and compiler. Not for secrets.
class Rng {
public:
  explicit Rng(std::uint64_t seed) : state_(seed) {}

  std::uint64_t next();

  // Less than `bound`; `bound` is not 0 and far below 2^32.
  std::uint64_t below(std::uint64_t bound) { return (next() >> 32) * bound >> 32; }

  // Both ends included.
  std::uint64_t between(std::uint64_t low, std::uint64_t high) {
    return low + below(high - low + 1);
  }

  // Between the two, every doubling equally likely: many small, few large.
  std::uint64_t spread(std::uint64_t low, std::uint64_t high);

  bool percent(unsigned share) { return below(100) < share; }

  // An independent stream; the same tag gives the same stream.
  Rng child(std::uint64_t tag) const;

private:
  std::uint64_t state_;
};

// Base64 text of random bytes: zstd gets 8/6 out of it and no more.
void append_base64(std::string& out, Rng& rng, std::size_t chars);

// A time-ordered UUID (version 7), as Codex names its threads.
std::string make_uuid(Rng& rng, std::int64_t unix_ms);

} // namespace coldpress::corpus
