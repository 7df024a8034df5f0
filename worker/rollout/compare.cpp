#include "worker/rollout/compare.hpp"

#include <algorithm>
#include <vector>

namespace coldpress {

namespace {

constexpr std::size_t k_piece = std::size_t{256} << 10U;

struct Side {
  RolloutReader& reader;
  std::vector<std::byte> buffer = std::vector<std::byte>(k_piece);
  std::span<const std::byte> piece{};

  // An empty piece means the end.
  Result<void> fill() {
    TRY_ASSIGN(const std::size_t got, reader.read(buffer));
    piece = std::span<const std::byte>(buffer).first(got);
    return {};
  }
};

} // namespace

Result<Comparison> compare_readers(RolloutReader& first,
                                   RolloutReader& second,
                                   const std::function<Result<void>()>& go_on) {
  Side a{first};
  Side b{second};
  Comparison found;
  for (;;) {
    TRY(go_on());
    TRY(a.fill());
    TRY(b.fill());
    const auto part =
        std::mismatch(a.piece.begin(), a.piece.end(), b.piece.begin(), b.piece.end());
    const bool a_ends = part.first == a.piece.end();
    const bool b_ends = part.second == b.piece.end();
    found.common += static_cast<std::uint64_t>(part.first - a.piece.begin());
    if (!a_ends || !b_ends) {
      found.relation = a_ends   ? Relation::first_is_prefix
                       : b_ends ? Relation::second_is_prefix
                                : Relation::differ;
      return found;
    }
    if (a.piece.empty()) {
      return found;
    }
  }
}

Result<Comparison> compare_rollouts(Fs& fs,
                                    const std::string& first,
                                    const std::string& second,
                                    const std::stop_token& stop) {
  const ReadOptions quietly{PageCache::drop_behind, Frames::any};
  TRY_ASSIGN(RolloutReader a, RolloutReader::open_exact(fs, first, quietly));
  TRY_ASSIGN(RolloutReader b, RolloutReader::open_exact(fs, second, quietly));
  return compare_readers(a, b, [&]() -> Result<void> {
    return stop.stop_requested() ? Fail(Error{Errc::canceled, 0, "compare", first, {}})
                                 : Result<void>();
  });
}

} // namespace coldpress
