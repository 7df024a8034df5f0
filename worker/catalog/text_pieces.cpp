#include "worker/catalog/text_pieces.hpp"

#include "worker/rollout/codec.hpp"

#include <span>

namespace coldpress {

namespace {

constexpr std::size_t k_piece = std::size_t{64} << 10U;
constexpr int k_level = 3;
// A piece is one text at least: texts of an item, each at most k_longest_text.
constexpr std::uint64_t k_most_bytes = std::uint64_t{1} << 30U;

Result<std::string> compressed(std::string_view text) {
  std::string frame;
  const Sink sink = [&frame](std::span<const std::byte> data) -> Result<void> {
    frame.append(reinterpret_cast<const char*>(data.data()), data.size());
    return {};
  };
  TRY_ASSIGN(
      FrameEncoder encoder,
      FrameEncoder::create(choose_frame_options(text.size(), k_level, {}), text.size()));
  TRY(encoder.push(std::as_bytes(std::span(text)), sink));
  TRY(encoder.finish(sink));
  return frame;
}

Result<std::string> decompressed(std::string_view frame, std::uint64_t bytes) {
  const Fail damaged(Error{Errc::corrupt, 0, "read text", "", {"its size is wrong"}});
  std::string text;
  TRY_ASSIGN(FrameDecoder decoder, FrameDecoder::create(Frames::one));
  TRY(decoder.push(std::as_bytes(std::span(frame)),
                   [&](std::span<const std::byte> data) -> Result<void> {
                     text.append(reinterpret_cast<const char*>(data.data()), data.size());
                     return text.size() <= bytes ? Result<void>() : damaged;
                   }));
  TRY(decoder.finish());
  return text.size() == bytes ? Result<std::string>(std::move(text)) : damaged;
}

} // namespace

Result<TextPlace> TextPieces::add(std::int64_t rollout, std::string_view text) {
  if (text.empty()) {
    return TextPlace{};
  }
  if (rollout != rollout_ || text_.size() + text.size() > k_piece) {
    TRY(flush());
  }
  if (next_ == 0) {
    TRY_ASSIGN(Statement query,
               db_->prepare("SELECT ifnull(max(id), 0) + 1 FROM pieces"));
    TRY(query.step());
    next_ = query.integer(0);
  }
  rollout_ = rollout;
  const TextPlace place{next_, text_.size(), text.size()};
  text_ += text;
  return place;
}

Result<void> TextPieces::flush() {
  if (text_.empty()) {
    return {};
  }
  TRY_ASSIGN(const std::string frame, compressed(text_));
  TRY_ASSIGN(Statement add,
             db_->prepare("INSERT INTO pieces (id, rollout, bytes, frame) "
                          "VALUES (?1, ?2, ?3, ?4)"));
  add.bind(next_, rollout_, text_.size(), Blob{frame});
  TRY(add.run());
  forget();
  return {};
}

void TextPieces::forget() {
  text_.clear();
  next_ = 0;
  read_ = 0;
}

Result<std::string> TextPieces::read(const TextPlace& place) {
  if (place.length == 0) {
    return std::string();
  }
  const bool open = place.piece == next_ && !text_.empty();
  if (!open && place.piece != read_) {
    TRY_ASSIGN(Statement query,
               db_->prepare("SELECT bytes, frame FROM pieces WHERE id = ?1"));
    query.bind(place.piece);
    TRY_ASSIGN(const bool found, query.step());
    if (!found || query.count(0) > k_most_bytes) {
      return Fail(Error{Errc::corrupt, 0, "read text", "", {"a piece of it is missing"}});
    }
    TRY_ASSIGN(decoded_, decompressed(query.text(1), query.count(0)));
    read_ = place.piece;
  }
  const std::string& piece = open ? text_ : decoded_;
  if (place.at > piece.size() || place.length > piece.size() - place.at) {
    return Fail(Error{Errc::corrupt, 0, "read text", "", {"it is beyond its piece"}});
  }
  return piece.substr(place.at, place.length);
}

} // namespace coldpress
