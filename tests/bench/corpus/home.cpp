#include "tests/bench/corpus/home.hpp"

namespace coldpress::corpus {

namespace {

constexpr std::uint64_t k_chat_min = 20'000;
constexpr std::uint64_t k_chat_max = 500'000;

class Home {
public:
  explicit Home(const HomeRequest& request)
      : request_(request), rng_(Rng(request.seed).child(18)) {}

  Result<StoreWritten> write() {
    TRY(request_.profile == Profile::forks ? family() : sessions());
    return written_;
  }

private:
  Request session() {
    const std::uint64_t bytes =
        request_.bytes > 0 ? request_.bytes : rng_.spread(k_chat_min, k_chat_max);
    return old_session(rng_, request_.profile, bytes, request_.now_ms);
  }

  Result<void> sessions() {
    for (std::uint64_t n = 0; n < request_.files; ++n) {
      const Request one = session();
      const bool archived = rng_.percent(k_archived_percent);
      const std::string path = rollout_path(request_.dir, one, archived);
      TRY_ASSIGN(const Written file, write_rollout(path, one));
      TRY(finish(path, file, archived));
    }
    return {};
  }

  Result<void> family() {
    const Request parent = session();
    const std::string path = rollout_path(request_.dir, parent, true);
    TRY_ASSIGN(const Written file, write_rollout(path, parent));
    TRY(finish(path, file, true));
    for (std::uint64_t nth = 0; nth + 1 < request_.files; ++nth) {
      const auto hours = static_cast<std::int64_t>(nth + 1);
      const Request child = fork_of(parent, hours * 60 * k_minute_ms, nth);
      const bool archived = rng_.percent(k_archived_percent);
      const std::string to = rollout_path(request_.dir, child, archived);
      TRY_ASSIGN(const Written fork, write_fork(to, child, parent, file));
      TRY(finish(to, fork, archived));
    }
    return {};
  }

  Result<void> finish(const std::string& path, const Written& file, bool archived) {
    TRY(finish_file(path, file.bytes, last_write(file, request_.now_ms)));
    note(written_, file.bytes, archived);
    return {};
  }

  const HomeRequest& request_;
  Rng rng_;
  StoreWritten written_;
};

} // namespace

Result<StoreWritten> write_home(const HomeRequest& request) {
  return Home(request).write();
}

} // namespace coldpress::corpus
