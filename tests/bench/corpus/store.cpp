#include "tests/bench/corpus/store.hpp"

#include "tests/bench/corpus/rollout.hpp"

#include <algorithm>

namespace coldpress::corpus {

namespace {

constexpr std::uint64_t k_chats = 260;
constexpr std::uint64_t k_texts = 12;
constexpr std::uint64_t k_forks = 2;

class Store {
public:
  explicit Store(const StoreRequest& request)
      : request_(request), rng_(Rng(request.seed).child(17)) {}

  Result<StoreWritten> write() {
    TRY(pictures());
    TRY(families());
    for (std::uint64_t n = 0; n < k_texts; ++n) {
      TRY(plain(old(Profile::text, scaled(rng_.spread(1'000'000, 16'000'000)))));
    }
    for (std::uint64_t n = 0; n < std::max<std::uint64_t>(scaled(k_chats), 4); ++n) {
      TRY(plain(old(Profile::chat, rng_.spread(20'000, 400'000))));
    }
    TRY(oddities());
    return written_;
  }

private:
  std::uint64_t scaled(std::uint64_t amount) const {
    return static_cast<std::uint64_t>(static_cast<double>(amount) * request_.scale);
  }

  Request old(Profile profile, std::uint64_t bytes) {
    return old_session(rng_, profile, bytes, request_.now_ms);
  }

  Result<Written> place(const Request& session, bool archived) {
    const std::string path = rollout_path(request_.dir, session, archived);
    TRY_ASSIGN(const Written file, write_rollout(path, session));
    TRY(finish_file(path, file.bytes, last_write(file, request_.now_ms)));
    note(written_, file.bytes, archived);
    return file;
  }

  Result<void> plain(const Request& session) {
    TRY(place(session, rng_.percent(k_archived_percent)));
    return {};
  }

  Result<void> pictures() {
    TRY(place(old(Profile::images, scaled(70'000'000)), true));
    TRY(place(old(Profile::images, scaled(24'000'000)), false));
    return {};
  }

  // A parent and two children, one of them still in the active tree.
  Result<void> families() {
    for (std::uint64_t n = 0; n < k_forks; ++n) {
      const Request parent = old(Profile::forks, scaled(14'000'000));
      TRY_ASSIGN(const Written file, place(parent, true));
      for (std::uint64_t nth = 0; nth < 2; ++nth) {
        const auto days = static_cast<std::int64_t>(nth + 1);
        const Request child = fork_of(parent, days * k_day_ms, nth);
        const std::string path = rollout_path(request_.dir, child, nth == 0);
        TRY_ASSIGN(const Written fork, write_fork(path, child, parent, file));
        TRY(finish_file(path, fork.bytes, last_write(fork, request_.now_ms)));
        note(written_, fork.bytes, nth == 0);
      }
    }
    return {};
  }

  Result<void> oddities() {
    Request crlf = old(Profile::chat, 60'000);
    crlf.line_end = "\r\n";
    TRY(place(crlf, true));
    TRY(odd(old(Profile::chat, 90'000), 89'000, 0));
    TRY(odd(old(Profile::chat, 20'000), 0, 0));
    TRY(odd(old(Profile::chat, 50'000), UINT64_MAX, request_.now_ms - 90 * k_minute_ms));
    return {};
  }

  // Archived, cut off at `bytes`, and last written at `ms` if that is not 0.
  Result<void> odd(Request session, std::uint64_t bytes, std::int64_t ms) {
    session.start_ms = ms != 0 ? ms - 60 * k_minute_ms : session.start_ms;
    const std::string path = rollout_path(request_.dir, session, true);
    TRY_ASSIGN(const Written file, write_rollout(path, session));
    const std::uint64_t kept = std::min(bytes, file.bytes);
    TRY(finish_file(path, kept, ms != 0 ? ms : last_write(file, request_.now_ms)));
    note(written_, kept, true);
    return {};
  }

  const StoreRequest& request_;
  Rng rng_;
  StoreWritten written_;
};

} // namespace

Result<StoreWritten> write_store(const StoreRequest& request) {
  return Store(request).write();
}

} // namespace coldpress::corpus
