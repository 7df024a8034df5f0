#include "worker/index/receipts.hpp"

#include "fsutil/sha256.hpp"
#include "fsutil/text.hpp"
#include "worker/index/store_files.hpp"
#include "worker/rollout/reader.hpp"

#include <array>
#include <charconv>
#include <map>

namespace coldpress {

namespace {

constexpr std::int64_t k_nanos = 1'000'000'000;

struct Digest {
  std::string whole;
  std::string beginning; // of the first `until` bytes; empty if there are fewer
  std::uint64_t bytes = 0;
  WallTime mtime{};
};

Result<Digest>
digest_of(Fs& fs, const Clock& clock, const std::string& path, std::uint64_t until) {
  TRY_ASSIGN(RolloutReader reader, RolloutReader::open(fs, clock, path));
  Digest digest;
  digest.mtime = reader.stat().mtime;
  Sha256 hash;
  if (until == 0) {
    digest.beginning = hash.hex();
  }
  TRY(copy_rollout(reader, [&](std::span<const std::byte> data) -> Result<void> {
    if (digest.bytes < until && digest.bytes + data.size() >= until) {
      const std::size_t part = until - digest.bytes;
      hash.update(data.first(part));
      digest.beginning = hash.hex();
      digest.bytes += part;
      data = data.subspan(part);
    }
    hash.update(data);
    digest.bytes += data.size();
    return {};
  }));
  digest.whole = hash.hex();
  return digest;
}

template <class Number> bool to_number(std::string_view text, Number& number) {
  const char* end = text.data() + text.size();
  const auto read = std::from_chars(text.data(), end, number);
  return !text.empty() && read.ec == std::errc{} && read.ptr == end;
}

// "1767225600.123456789"
bool to_time(std::string_view text, WallTime& time) {
  const std::size_t dot = text.find('.');
  std::int64_t seconds = 0;
  std::int64_t nanos = 0;
  if (dot == std::string_view::npos || text.size() - dot != 10 ||
      !to_number(text.substr(0, dot), seconds) ||
      !to_number(text.substr(dot + 1), nanos) || nanos < 0 ||
      seconds > INT64_MAX / k_nanos - 1 || seconds < INT64_MIN / k_nanos + 1) {
    return false;
  }
  time = WallTime(std::chrono::nanoseconds(seconds * k_nanos + nanos));
  return true;
}

bool parse_line(std::string_view line, Receipt& receipt) {
  std::array<std::string_view, 4> parts;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const std::size_t end = i + 1 < parts.size() ? line.find("  ") : line.size();
    if (end == std::string_view::npos) {
      return false;
    }
    parts.at(i) = line.substr(0, end);
    line.remove_prefix(std::min(line.size(), end + 2));
  }
  receipt.sha256 = parts[0];
  receipt.rollout = parts[1];
  constexpr std::size_t k_digits = 64;
  return receipt.sha256.size() == k_digits &&
         receipt.sha256.find_first_not_of("0123456789abcdef") == std::string::npos &&
         !receipt.rollout.empty() && to_number(parts[2], receipt.bytes) &&
         to_time(parts[3], receipt.mtime);
}

CheckedReceipt compare(Fs& fs,
                       const Clock& clock,
                       const Store& store,
                       const FoundRollout& found,
                       const Receipt* receipt) {
  CheckedReceipt seen;
  seen.now.rollout = found.plain_path();
  const auto digest = digest_of(fs,
                                clock,
                                join_path(store.home, found.plain_path()),
                                receipt != nullptr ? receipt->bytes : 0);
  if (!digest) {
    seen.result = digest.error().code == Errc::not_found ? ReceiptResult::gone
                                                         : ReceiptResult::unreadable;
    seen.detail = describe(digest.error());
    return seen;
  }
  seen.now = {digest->whole, found.plain_path(), digest->bytes, digest->mtime};
  if (receipt == nullptr) {
    seen.result = ReceiptResult::added;
  } else if (digest->beginning != receipt->sha256) {
    seen.result = ReceiptResult::changed;
    seen.detail =
        digest->bytes < receipt->bytes
            ? fmt::format("it has {} bytes, not {}", digest->bytes, receipt->bytes)
            : "its bytes differ";
  } else {
    seen.result =
        digest->bytes == receipt->bytes ? ReceiptResult::same : ReceiptResult::grown;
  }
  return seen;
}

} // namespace

std::string_view name_of(ReceiptResult result) {
  switch (result) {
  case ReceiptResult::same:
    return "same";
  case ReceiptResult::grown:
    return "grown";
  case ReceiptResult::changed:
    return "changed";
  case ReceiptResult::gone:
    return "gone";
  case ReceiptResult::added:
    return "added";
  case ReceiptResult::unreadable:
    return "unreadable";
  }
  return "";
}

std::string receipt_lines(const std::vector<Receipt>& receipts) {
  std::string text;
  for (const Receipt& receipt : receipts) {
    const auto since = receipt.mtime.time_since_epoch();
    const auto seconds = std::chrono::floor<std::chrono::seconds>(since);
    text += fmt::format("{}  {}  {}  {}.{:09}\n",
                        receipt.sha256,
                        receipt.rollout,
                        receipt.bytes,
                        seconds.count(),
                        (since - seconds).count());
  }
  return text;
}

Result<std::vector<Receipt>> parse_receipts(const std::string& text) {
  std::vector<Receipt> receipts;
  std::string_view rest = text;
  for (std::size_t number = 1; !rest.empty(); ++number) {
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    const std::string_view line = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    if (line.empty() || line.starts_with('#')) {
      continue;
    }
    Receipt receipt;
    if (!parse_line(line, receipt)) {
      return Fail(Error{Errc::invalid,
                        0,
                        "read receipts",
                        "",
                        {fmt::format("line {} is not a receipt", number)}});
    }
    receipts.push_back(std::move(receipt));
  }
  return receipts;
}

std::vector<Receipt>
make_receipts(Fs& fs,
              const Clock& clock,
              const Store& store,
              const std::function<void(const CheckedReceipt&)>& each) {
  std::vector<Receipt> receipts;
  check_receipts(fs, clock, store, {}, [&](const CheckedReceipt& seen) {
    if (seen.result == ReceiptResult::added) {
      receipts.push_back(seen.now);
    }
    each(seen);
  });
  return receipts;
}

void check_receipts(Fs& fs,
                    const Clock& clock,
                    const Store& store,
                    const std::vector<Receipt>& receipts,
                    const std::function<void(const CheckedReceipt&)>& each) {
  std::map<std::string, const Receipt*> by_name;
  for (const Receipt& receipt : receipts) {
    by_name[base_name(receipt.rollout)] = &receipt;
  }
  const StoreFiles files = files_of(fs, store);
  for (const FoundRollout& found : files.rollouts) {
    const auto at = by_name.find(found.name);
    const Receipt* receipt = at == by_name.end() ? nullptr : at->second;
    each(compare(fs, clock, store, found, receipt));
    if (receipt != nullptr) {
      by_name.erase(at);
    }
  }
  for (const std::string& problem : files.problems) {
    each({ReceiptResult::unreadable, {"", store.home, 0, {}}, problem});
  }
  for (const auto& [name, receipt] : by_name) {
    each({files.complete ? ReceiptResult::gone : ReceiptResult::unreadable,
          {"", receipt->rollout, 0, {}},
          files.complete ? "no such rollout in the store" : "it was not found"});
  }
}

} // namespace coldpress
