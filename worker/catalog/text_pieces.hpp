#pragma once

#include "worker/catalog/sqlite.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace coldpress {

// Where an item's text is kept.
struct TextPlace {
  std::int64_t piece = 0; // 0: it has none
  std::uint64_t at = 0;
  std::uint64_t length = 0;
};

// Texts of items, joined in pieces of some 64 KiB, each a zstd frame in the table
// `pieces`: together they compress, and one is found again by decoding 64 KiB. The piece
// under way gets its row with flush().
class TextPieces {
public:
  explicit TextPieces(const Db& db) : db_(&db) {}

  // Of one rollout at a time: flush() before another one's.
  Result<TextPlace> add(std::int64_t rollout, std::string_view text);
  Result<void> flush();
  // Also of the piece under way. Errc::corrupt if it is not there.
  Result<std::string> read(const TextPlace& place);
  // What was added since flush() is forgotten: its transaction was undone.
  void forget();

private:
  const Db* db_;
  std::int64_t rollout_ = 0;
  std::int64_t next_ = 0; // id of the piece under way; 0: not known
  std::string text_;      // of that
  std::int64_t read_ = 0; // the piece that was decoded last
  std::string decoded_;
};

} // namespace coldpress
