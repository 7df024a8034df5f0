#pragma once

#include "worker/history/values.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace coldpress::history {

// Values as bytes, for checkpoints. Integers are LEB128, strings have their length
// before.
class BlobWriter {
public:
  void number(std::uint64_t value);
  void flag(bool value) { number(value ? 1 : 0); }
  void text(std::string_view value);
  void number_if(const std::optional<std::int64_t>& value);
  void place(const Place& value);
  void item(const Item& value);
  void error_if(const std::optional<TurnError>& value);
  std::string take() { return std::move(bytes_); }

private:
  std::string bytes_;
};

// Reads them back. Whatever the bytes are, it never reads outside of them and never gives
// more elements than there are bytes; ok() says whether all was as it should be.
class BlobReader {
public:
  explicit BlobReader(std::string_view bytes) : bytes_(bytes) {}
  std::uint64_t number();
  std::uint64_t number_below(std::uint64_t limit);
  bool flag() { return number_below(2) == 1; }
  std::string text();
  std::size_t count(); // of elements that follow
  std::optional<std::int64_t> number_if();
  Place place();
  Item item();
  std::optional<TurnError> error_if();
  bool ok() const { return ok_; }
  bool at_end() const { return bytes_.empty(); }
  void refuse() { ok_ = false; }

private:
  std::string_view bytes_;
  bool ok_ = true;
};

} // namespace coldpress::history
