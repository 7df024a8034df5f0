#include "worker/cli/verify_receipts.hpp"

#include "worker/cli/ndjson.hpp"
#include "worker/cli/say.hpp"
#include "worker/index/receipts.hpp"

#include <nlohmann/json.hpp>

#include <array>

namespace coldpress {

namespace {

constexpr std::size_t k_largest = std::size_t{1} << 30U;
constexpr std::uint32_t k_mode = 0600;

constexpr std::string_view k_head =
    "# sha256  rollout  bytes  mtime: of the decoded rollouts of a Codex store.\n"
    "# Check one without coldpress: head -c BYTES ROLLOUT | sha256sum, or of a .zst:\n"
    "# zstd -dc ROLLOUT.zst | head -c BYTES | sha256sum\n";

using Json = nlohmann::ordered_json;

void print_json(const Json& json) {
  print_line(json.dump(-1, ' ', false, Json::error_handler_t::replace));
}

class Counts {
public:
  explicit Counts(const Context& context) : context_(context) {}

  void add(const CheckedReceipt& seen) {
    counts_.at(static_cast<std::size_t>(seen.result)) += 1;
    if (context_.options.json) {
      if (!context_.options.quiet || is_fault(seen.result)) {
        print(seen);
      }
    } else if (is_fault(seen.result)) {
      err("coldpress: {}: {}: {}\n",
          name_of(seen.result),
          printable(seen.now.rollout),
          printable(seen.detail));
    }
  }

  std::uint64_t number(ReceiptResult result) const {
    return counts_.at(static_cast<std::size_t>(result));
  }

  int exit_code() const {
    if (number(ReceiptResult::changed) + number(ReceiptResult::gone) > 0) {
      return static_cast<int>(Exit::needs_a_person);
    }
    return static_cast<int>(number(ReceiptResult::unreadable) > 0 ? Exit::some_failed
                                                                  : Exit::ok);
  }

  void tell(bool written) const {
    if (context_.options.json) {
      Json json;
      json["message_type"] = "receipts";
      json["written"] = written;
      for (std::size_t i = 0; i < counts_.size(); ++i) {
        json[std::string(name_of(static_cast<ReceiptResult>(i)))] = counts_.at(i);
      }
      print_json(json);
    } else if (!context_.options.quiet) {
      if (written) {
        out("{} receipts written\n", format_count(number(ReceiptResult::added)));
        return;
      }
      out("{} rollouts are as they were, {} have grown, {} have no receipt; {} changed, "
          "{} gone, {} could not be read\n",
          format_count(number(ReceiptResult::same)),
          format_count(number(ReceiptResult::grown)),
          format_count(number(ReceiptResult::added)),
          number(ReceiptResult::changed),
          number(ReceiptResult::gone),
          number(ReceiptResult::unreadable));
    }
  }

private:
  static bool is_fault(ReceiptResult result) {
    return result == ReceiptResult::changed || result == ReceiptResult::gone ||
           result == ReceiptResult::unreadable;
  }

  static void print(const CheckedReceipt& seen) {
    Json json;
    json["message_type"] = "receipt";
    json["rollout"] = printable(seen.now.rollout);
    json["result"] = std::string(name_of(seen.result));
    if (!seen.now.sha256.empty()) {
      json["sha256"] = seen.now.sha256;
      json["plain_bytes"] = seen.now.bytes;
    }
    if (!seen.detail.empty()) {
      json["detail"] = printable(seen.detail);
    }
    print_json(json);
  }

  const Context& context_;
  std::array<std::uint64_t, 6> counts_{};
};

// Never over a file: receipts are worth something because they are old.
Result<void> write_new(Fs& fs, const std::string& path, const std::string& text) {
  TRY_ASSIGN(const FileHandle handle, fs.create_new(path, k_mode));
  const File file(fs, handle);
  TRY(fs.write_at(handle, std::as_bytes(std::span(text)), 0));
  TRY(fs.sync_file(handle));
  return fs.sync_dir(parent_dir(path));
}

Result<int> write(const Context& context, const OpenedStore& opened) {
  Counts counts(context);
  const auto receipts = make_receipts(
      context.fs, context.clock, opened.store, [&](const CheckedReceipt& seen) {
        counts.add(seen);
      });
  TRY(write_new(context.fs,
                context.options.receipts,
                std::string(k_head) + receipt_lines(receipts)));
  counts.tell(true);
  return counts.exit_code();
}

Result<int> check(const Context& context, const OpenedStore& opened) {
  const std::string& path = context.options.receipts;
  TRY_ASSIGN(const std::string text, read_small(context.fs, path, k_largest));
  auto receipts = parse_receipts(text);
  if (!receipts) {
    return Fail(std::move(receipts.error()).at(path));
  }
  Counts counts(context);
  check_receipts(context.fs,
                 context.clock,
                 opened.store,
                 *receipts,
                 [&](const CheckedReceipt& seen) { counts.add(seen); });
  counts.tell(false);
  return counts.exit_code();
}

} // namespace

int verify_receipts(const Context& context, const OpenedStore& opened) {
  const bool there = context.fs.lstat(context.options.receipts).has_value();
  const auto code = there ? check(context, opened) : write(context, opened);
  return code ? *code : report(context, code.error());
}

} // namespace coldpress
