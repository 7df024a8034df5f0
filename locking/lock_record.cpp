#include "locking/lock_record.hpp"

#include "fsutil/hash.hpp"

#include <fmt/format.h>

#include <charconv>
#include <limits>
#include <span>

namespace coldpress {

namespace {

std::string checksum_of(std::string_view text) {
  Hasher hasher;
  hasher.update(std::as_bytes(std::span(text)));
  return to_hex(hasher.digest());
}

std::int64_t nanoseconds_of(WallTime time) {
  return time.time_since_epoch().count();
}

// Takes the lines of a record one by one. Once a line is not the expected one,
// nothing is taken any more and ok() is false.
class LineReader {
public:
  explicit LineReader(std::string_view text) : rest_(text) {}

  bool ok() const { return ok_; }
  std::string_view rest() const { return rest_; }

  std::string_view text(std::string_view key) {
    const std::size_t end = rest_.find('\n');
    ok_ = ok_ && end != std::string_view::npos && rest_.starts_with(key) &&
          rest_.size() > key.size() && rest_[key.size()] == '=';
    if (!ok_) {
      return {};
    }
    const std::string_view value = rest_.substr(key.size() + 1, end - key.size() - 1);
    rest_.remove_prefix(end + 1);
    return value;
  }

  template <class Number> Number number(std::string_view key) {
    const std::string_view value = text(key);
    const char* end = value.data() + value.size();
    Number result{};
    const auto parsed = std::from_chars(value.data(), end, result);
    ok_ = ok_ && parsed.ec == std::errc{} && parsed.ptr == end;
    return result;
  }

  WallTime time(std::string_view key) {
    const WallTime time{std::chrono::nanoseconds{number<std::int64_t>(key)}};
    ok_ = ok_ && is_kept(time);
    return time;
  }

private:
  std::string_view rest_;
  bool ok_ = true;
};

} // namespace

std::string encode_lock_record(const LockRecord& record) {
  std::string text = fmt::format("coldpress_lock=1\nprogram=coldpress\nhost={}\npid={}\n"
                                 "start_time={}\nboot_id={}\ngeneration={}\nsince={}\n"
                                 "heartbeat={}\nreleased={}\n",
                                 record.process.host,
                                 record.process.pid,
                                 record.process.start_time,
                                 record.process.boot_id,
                                 record.generation,
                                 nanoseconds_of(record.since),
                                 nanoseconds_of(record.heartbeat),
                                 record.released ? 1 : 0);
  text += fmt::format("check={}\n", checksum_of(text));
  text.resize(k_lock_record_bytes - 1, ' ');
  return text + '\n';
}

std::optional<LockRecord> decode_lock_record(std::string_view text) {
  if (text.size() != k_lock_record_bytes) {
    return std::nullopt;
  }
  LineReader lines(text);
  if (lines.number<int>("coldpress_lock") != 1 || lines.text("program") != "coldpress") {
    return std::nullopt;
  }
  LockRecord record;
  record.process.host = lines.text("host");
  record.process.pid = lines.number<std::uint32_t>("pid");
  record.process.start_time = lines.number<std::uint64_t>("start_time");
  record.process.boot_id = lines.text("boot_id");
  record.generation = lines.number<std::uint64_t>("generation");
  record.since = lines.time("since");
  record.heartbeat = lines.time("heartbeat");
  record.released = lines.number<int>("released") != 0;
  const std::string_view summed = text.substr(0, text.size() - lines.rest().size());
  // The last generation has no next one; no run gets there.
  if (lines.text("check") != checksum_of(summed) || !lines.ok() ||
      record.generation == std::numeric_limits<std::uint64_t>::max()) {
    return std::nullopt;
  }
  return record;
}

} // namespace coldpress
