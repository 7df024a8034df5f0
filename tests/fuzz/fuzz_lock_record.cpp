#include "fsutil/hash.hpp"
#include "locking/lock_record.hpp"
#include "tests/fuzz/fuzz.hpp"

#include <algorithm>
#include <cstring>
#include <span>

using namespace coldpress;

namespace {

bool same(const LockRecord& a, const LockRecord& b) {
  return a.process == b.process && a.generation == b.generation && a.since == b.since &&
         a.heartbeat == b.heartbeat && a.released == b.released;
}

void check_accepted(const LockRecord& record) {
  const std::string text = encode_lock_record(record);
  require(text.size() == k_lock_record_bytes, "a record has one size");
  const auto again = decode_lock_record(text);
  require(again && same(*again, record), "a record that was read can be written");
}

// The fuzzer cannot guess a checksum, so it is made for it.
std::string with_checksum(std::string_view lines) {
  Hasher hasher;
  hasher.update(std::as_bytes(std::span(lines)));
  std::string text(lines);
  text += "check=" + to_hex(hasher.digest()) + "\n";
  text.resize(k_lock_record_bytes - 1, ' ');
  return text + '\n';
}

// Fields out of the bytes, one after the other; zero when they are used up.
class Fields {
public:
  explicit Fields(std::string_view bytes) : rest_(bytes) {}

  template <class Number> Number number() {
    Number value{};
    const std::size_t count = std::min(rest_.size(), sizeof(value));
    std::memcpy(&value, rest_.data(), count);
    rest_.remove_prefix(count);
    return value;
  }
  // As this_process() makes it: cut, and with no byte that breaks a line.
  std::string word(std::size_t longest) {
    const std::size_t asked = number<std::uint8_t>();
    std::string text(rest_.substr(0, std::min(asked, longest)));
    rest_.remove_prefix(text.size());
    std::replace_if(
        text.begin(), text.end(), [](char c) { return c < ' ' || c == 127; }, '?');
    return text;
  }
  // As the clock of a machine can show it: no other is kept.
  WallTime time() {
    constexpr std::int64_t first = k_earliest.time_since_epoch().count();
    constexpr std::int64_t last = k_latest.time_since_epoch().count();
    return WallTime{
        std::chrono::nanoseconds{std::clamp(number<std::int64_t>(), first, last)}};
  }
  LockRecord record() {
    LockRecord made;
    made.process.pid = number<std::uint32_t>();
    made.process.start_time = number<std::uint64_t>();
    made.process.host = word(200);
    made.process.boot_id = word(36);
    made.generation = number<std::uint64_t>() >> 1; // the last one has no next
    made.since = time();
    made.heartbeat = time();
    made.released = (number<std::uint8_t>() & 1U) != 0;
    return made;
  }

private:
  std::string_view rest_;
};

// A reader in the middle of a write sees the old record, the new one, or none.
void check_torn(const LockRecord& before, const LockRecord& after, std::size_t at) {
  const std::string old_text = encode_lock_record(before);
  const std::string new_text = encode_lock_record(after);
  const std::string torn = new_text.substr(0, at) + old_text.substr(at);
  const auto read = decode_lock_record(torn);
  require(!read || same(*read, before) || same(*read, after), "torn is never a third");
}

void check_flipped(const LockRecord& record, std::size_t at, unsigned bit) {
  std::string text = encode_lock_record(record);
  at %= text.find_last_not_of(" \n") + 1;
  text[at] = static_cast<char>(static_cast<unsigned char>(text[at]) ^ (1U << bit));
  require(!decode_lock_record(text), "a record with a wrong bit is none");
}

} // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = as_text(data, size);
  for (const auto& record :
       {decode_lock_record(text), decode_lock_record(with_checksum(text))}) {
    if (record) {
      check_accepted(*record);
    }
  }
  Fields fields(text);
  const auto at = fields.number<std::uint16_t>();
  const LockRecord before = fields.record();
  const LockRecord after = fields.record();
  check_accepted(before);
  check_torn(before, after, at % k_lock_record_bytes);
  check_flipped(before, at, at % 8U);
  return 0;
}
