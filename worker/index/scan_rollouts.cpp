#include "worker/index/scan_rollouts.hpp"

#include "worker/catalog/index_query.hpp"
#include "worker/loop/thread_pool.hpp"
#include "worker/rollout/reader.hpp"

#include <algorithm>
#include <condition_variable>
#include <cstring>
#include <map>
#include <mutex>

namespace coldpress {

namespace {

constexpr std::size_t k_buffer = std::size_t{1} << 20U;
constexpr std::size_t k_around = 80; // bytes of a snippet, before and after
// So many hits of one rollout are held when there is no limit.
constexpr std::uint64_t k_most_hits = 100'000;

struct Found {
  std::vector<ScanHit> hits;
  std::uint64_t bytes = 0;
  std::string problem;
};

std::string snippet_of(std::string_view text, std::size_t at, std::size_t length) {
  const auto is_inside = [](char c) {
    return (static_cast<unsigned char>(c) & 0xc0U) == 0x80U;
  };
  std::size_t begin = at > k_around ? at - k_around : 0;
  const std::size_t line = text.rfind('\n', at);
  begin = line != std::string_view::npos ? std::max(begin, line + 1) : begin;
  while (begin < at && is_inside(text[begin])) {
    begin += 1;
  }
  std::size_t end = std::min(text.size(), at + length + k_around);
  end = std::min(end, std::min(text.find('\n', at + length), text.size()));
  while (end > at + length && end < text.size() && is_inside(text[end])) {
    end -= 1;
  }
  std::string snippet(text.substr(begin, at - begin));
  snippet += k_hit_begin;
  snippet += text.substr(at, length);
  snippet += k_hit_end;
  snippet += text.substr(at + length, end - at - length);
  return snippet;
}

// One rollout, a buffer at a time. Lines are counted on the way.
class FileScan {
public:
  FileScan(const std::string& pattern, std::uint64_t most)
      : pattern_(pattern), most_(most) {}

  Result<void> run(RolloutReader& reader, const std::string& rollout, Found& found) {
    std::string buffer;
    std::size_t kept = 0; // bytes of it that were looked at before
    for (;;) {
      const std::size_t held = buffer.size();
      buffer.resize(held + k_buffer);
      auto got = reader.read(std::as_writable_bytes(std::span(buffer)).subspan(held));
      buffer.resize(held + got.value_or(0));
      TRY(got);
      found.bytes += *got;
      look(buffer, kept, rollout, found);
      if (*got == 0 || found.hits.size() >= most_) {
        return {};
      }
      // The pattern may straddle two buffers, and a snippet looks back.
      const std::size_t keep = std::min(buffer.size(), k_around + pattern_.size() - 1);
      base_ += buffer.size() - keep;
      buffer.erase(0, buffer.size() - keep);
      kept = keep;
    }
  }

private:
  void look(std::string_view text,
            std::size_t kept,
            const std::string& rollout,
            Found& found) {
    std::size_t counted = kept; // newlines before this are counted
    std::size_t from = kept > pattern_.size() - 1 ? kept - (pattern_.size() - 1) : 0;
    while (found.hits.size() < most_) {
      const void* at = ::memmem(
          text.data() + from, text.size() - from, pattern_.data(), pattern_.size());
      if (at == nullptr) {
        break;
      }
      const auto place =
          static_cast<std::size_t>(static_cast<const char*>(at) - text.data());
      count_lines(text, counted, std::max(counted, place));
      counted = std::max(counted, place);
      if (!hit_ || *hit_ != line_begin_) {
        hit_ = line_begin_;
        found.hits.push_back(
            {rollout, line_ + 1, line_begin_, snippet_of(text, place, pattern_.size())});
      }
      from = place + 1;
    }
    count_lines(text, counted, text.size());
  }

  void count_lines(std::string_view text, std::size_t from, std::size_t to) {
    while (from < to) {
      const void* at = std::memchr(text.data() + from, '\n', to - from);
      if (at == nullptr) {
        return;
      }
      from = static_cast<std::size_t>(static_cast<const char*>(at) - text.data()) + 1;
      line_ += 1;
      line_begin_ = base_ + from;
    }
  }

  const std::string& pattern_;
  std::uint64_t most_;
  std::uint64_t base_ = 0; // of the buffer's first byte
  std::uint64_t line_ = 0;
  std::uint64_t line_begin_ = 0;
  std::optional<std::uint64_t> hit_; // the line that was told last
};

class Scan {
public:
  Scan(Fs& fs, const Clock& clock, const Store& store, const ScanRequest& request)
      : fs_(fs), clock_(clock), store_(store), request_(request),
        most_(request.limit == 0 ? k_most_hits : request.limit + 1) {}

  Result<ScanReport> run(const std::function<void(const ScanHit&)>& hit) {
    if (request_.rollouts.empty()) {
      return ScanReport{};
    }
    ThreadPool pool("cp-scan",
                    std::min(request_.threads, request_.rollouts.size()),
                    Priority::normal,
                    [this](const std::exception_ptr& thrown) {
                      const std::lock_guard hold(mutex_);
                      thrown_ = thrown;
                      ready_.notify_all();
                    });
    TRY_ASSIGN(const std::size_t threads, pool.start());
    for (std::size_t i = 0; i < threads; ++i) {
      pool.post([this] { work(); });
    }
    for (std::size_t nth = 0; nth < request_.rollouts.size() && !report_.more; ++nth) {
      tell(wait_for(nth), hit);
    }
    {
      const std::lock_guard hold(mutex_);
      next_ = request_.rollouts.size();
    }
    pool.stop();
    return std::move(report_);
  }

private:
  void work() {
    std::unique_lock hold(mutex_);
    // Not so far ahead that results heap up.
    constexpr std::size_t k_ahead = 64;
    for (;;) {
      room_.wait(hold, [this] {
        return next_ >= request_.rollouts.size() || next_ < told_ + k_ahead;
      });
      if (next_ >= request_.rollouts.size()) {
        return;
      }
      const std::size_t nth = next_++;
      hold.unlock();
      Found found = scan(request_.rollouts[nth]);
      hold.lock();
      found_[nth] = std::move(found);
      ready_.notify_all();
    }
  }

  Found scan(const FoundRollout& rollout) {
    Found found;
    const std::string path = join_path(store_.home, rollout.plain_path());
    auto reader = RolloutReader::open(fs_, clock_, path);
    auto scanned =
        reader
            ? FileScan(request_.pattern, most_).run(*reader, rollout.plain_path(), found)
            : Result<void>(Fail(std::move(reader.error())));
    if (!scanned && scanned.error().code != Errc::not_found) {
      found.problem = describe(scanned.error());
    }
    return found;
  }

  Found wait_for(std::size_t nth) {
    std::unique_lock hold(mutex_);
    ready_.wait(hold, [&] { return thrown_ || found_.count(nth) > 0; });
    if (thrown_) {
      next_ = request_.rollouts.size();
      room_.notify_all();
      std::rethrow_exception(thrown_);
    }
    Found found = std::move(found_[nth]);
    found_.erase(nth);
    told_ = nth + 1;
    room_.notify_all();
    return found;
  }

  void tell(const Found& found, const std::function<void(const ScanHit&)>& hit) {
    report_.bytes += found.bytes;
    if (!found.problem.empty()) {
      report_.problems.push_back(found.problem);
    }
    for (const ScanHit& one : found.hits) {
      if (request_.limit > 0 && report_.hits == request_.limit) {
        report_.more = true;
        return;
      }
      hit(one);
      report_.hits += 1;
    }
  }

  Fs& fs_;
  const Clock& clock_;
  const Store& store_;
  const ScanRequest& request_;
  std::uint64_t most_;
  ScanReport report_;

  std::mutex mutex_; // all below
  std::condition_variable ready_;
  std::condition_variable room_;
  std::size_t next_ = 0;
  std::size_t told_ = 0;
  std::map<std::size_t, Found> found_;
  std::exception_ptr thrown_;
};

} // namespace

Result<ScanReport> scan_rollouts(Fs& fs,
                                 const Clock& clock,
                                 const Store& store,
                                 const ScanRequest& request,
                                 const std::function<void(const ScanHit&)>& hit) {
  if (request.pattern.empty() || request.pattern.find('\n') != std::string::npos) {
    return Fail(Error{
        Errc::invalid, 0, "scan", "", {"the pattern is empty or holds a line break"}});
  }
  return Scan(fs, clock, store, request).run(hit);
}

} // namespace coldpress
