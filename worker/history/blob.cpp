#include "worker/history/blob.hpp"

namespace coldpress::history {

namespace {

void write_texts(BlobWriter& to, const std::vector<std::string>& texts) {
  to.number(texts.size());
  for (const std::string& text : texts) {
    to.text(text);
  }
}

std::vector<std::string> read_texts(BlobReader& from) {
  std::vector<std::string> texts;
  const std::size_t count = from.count();
  for (std::size_t i = 0; i < count && from.ok(); ++i) {
    texts.push_back(from.text());
  }
  return texts;
}

} // namespace

void BlobWriter::number(std::uint64_t value) {
  for (; value >= 0x80U; value >>= 7U) {
    bytes_ += static_cast<char>((value & 0x7fU) | 0x80U);
  }
  bytes_ += static_cast<char>(value);
}

void BlobWriter::text(std::string_view value) {
  number(value.size());
  bytes_ += value;
}

void BlobWriter::number_if(const std::optional<std::int64_t>& value) {
  flag(value.has_value());
  if (value) {
    number(static_cast<std::uint64_t>(*value));
  }
}

void BlobWriter::place(const Place& value) {
  number(value.line);
  number(value.offset);
  number(value.end);
  number(value.ordinal);
}

void BlobWriter::item(const Item& value) {
  text(value.id);
  text(value.type);
  text(value.status);
  text(value.phase);
  text(value.text);
  write_texts(*this, value.summary);
  write_texts(*this, value.content);
  text(value.detail);
  number_if(value.exit_code);
  flag(value.cut);
}

void BlobWriter::error_if(const std::optional<TurnError>& value) {
  flag(value.has_value());
  if (value) {
    text(value->message);
    text(value->kind);
    text(value->detail);
  }
}

std::uint64_t BlobReader::number() {
  std::uint64_t value = 0;
  for (unsigned shift = 0; shift < 64 && !bytes_.empty(); shift += 7) {
    const auto byte = static_cast<unsigned char>(bytes_.front());
    bytes_.remove_prefix(1);
    value |= static_cast<std::uint64_t>(byte & 0x7fU) << shift;
    if (byte < 0x80U) {
      return value;
    }
  }
  ok_ = false;
  return 0;
}

std::uint64_t BlobReader::number_below(std::uint64_t limit) {
  const std::uint64_t value = number();
  ok_ = ok_ && value < limit;
  return ok_ ? value : 0;
}

std::string BlobReader::text() {
  const std::uint64_t length = number();
  if (!ok_ || length > bytes_.size()) {
    ok_ = false;
    return {};
  }
  std::string value(bytes_.substr(0, length));
  bytes_.remove_prefix(length);
  return value;
}

std::size_t BlobReader::count() {
  const std::uint64_t elements = number();
  ok_ = ok_ && elements <= bytes_.size();
  return ok_ ? elements : 0;
}

std::optional<std::int64_t> BlobReader::number_if() {
  return flag() ? std::optional(static_cast<std::int64_t>(number())) : std::nullopt;
}

Place BlobReader::place() {
  Place value;
  value.line = number();
  value.offset = number();
  value.end = number();
  value.ordinal = number();
  return value;
}

Item BlobReader::item() {
  Item value;
  value.id = text();
  value.type = text();
  value.status = text();
  value.phase = text();
  value.text = text();
  value.summary = read_texts(*this);
  value.content = read_texts(*this);
  value.detail = text();
  value.exit_code = number_if();
  value.cut = flag();
  return value;
}

std::optional<TurnError> BlobReader::error_if() {
  if (!flag()) {
    return std::nullopt;
  }
  TurnError error;
  error.message = text();
  error.kind = text();
  error.detail = text();
  return error;
}

} // namespace coldpress::history
