#pragma once

#include "worker/index/index_update.hpp"

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace coldpress {

// What the decoded bytes of a rollout were at some time. Can be checked without
// coldpress: `zstd -dc NAME.zst | head -c BYTES | sha256sum`.
struct Receipt {
  std::string sha256;
  std::string rollout; // logical path below the store
  std::uint64_t bytes = 0;
  WallTime mtime{};
};

// A line each: "sha256  rollout  bytes  mtime", the time in seconds since 1970 with nine
// decimals. Lines that begin with # are comments.
std::string receipt_lines(const std::vector<Receipt>& receipts);
// Errc::invalid names the line that is none.
Result<std::vector<Receipt>> parse_receipts(const std::string& text);

enum class ReceiptResult : std::uint8_t {
  same,
  grown,   // begins with the bytes of the receipt
  changed, // does not
  gone,    // in neither tree
  added,   // has no receipt
  unreadable,
};
std::string_view name_of(ReceiptResult result);

struct CheckedReceipt {
  ReceiptResult result = ReceiptResult::same;
  Receipt now; // of what is gone or unreadable only the name
  std::string detail;
};

// Of every rollout of the store, by name. `each` also gets what could not be read.
std::vector<Receipt>
make_receipts(Fs& fs,
              const Clock& clock,
              const Store& store,
              const std::function<void(const CheckedReceipt&)>& each);

// Compares each rollout with its receipt, which goes by the file name: archiving changes
// nothing.
void check_receipts(Fs& fs,
                    const Clock& clock,
                    const Store& store,
                    const std::vector<Receipt>& receipts,
                    const std::function<void(const CheckedReceipt&)>& each);

} // namespace coldpress
