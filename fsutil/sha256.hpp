#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

namespace coldpress {

// SHA-256 (FIPS 180-4) of a stream fed piece by piece: what an owner can check with
// sha256sum. For speed and against accidents there is Hasher.
class Sha256 {
public:
  void update(std::span<const std::byte> data);
  // 64 lower-case hex digits, of what was fed so far; more may follow.
  std::string hex() const;

private:
  static constexpr std::size_t k_block = 64;
  void take_block(const std::byte* block);

  std::array<std::uint32_t, 8> state_{0x6a09e667U,
                                      0xbb67ae85U,
                                      0x3c6ef372U,
                                      0xa54ff53aU,
                                      0x510e527fU,
                                      0x9b05688cU,
                                      0x1f83d9abU,
                                      0x5be0cd19U};
  std::array<std::byte, k_block> held_{};
  std::uint64_t length_ = 0;
};

} // namespace coldpress
