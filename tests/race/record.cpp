#include "tests/race/record.hpp"

#include "tests/race/process.hpp"

#include <fmt/format.h>
#include <sys/mman.h>
#include <unistd.h>

#include <charconv>
#include <cstdio>
#include <optional>
#include <stdexcept>

namespace coldpress::race {

namespace {

constexpr std::size_t k_lines_bytes =
    std::size_t{k_most_writers} * k_most_lines * sizeof(LineRecord);

void* shared_memory(std::size_t bytes) {
  void* memory = ::mmap(nullptr,
                        bytes,
                        PROT_READ | PROT_WRITE,
                        MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE,
                        -1,
                        0);
  if (memory == MAP_FAILED) {
    throw std::runtime_error("mmap of the shared record");
  }
  return memory;
}

// The number after `key`, such as `"w":`.
std::optional<std::uint64_t> number_after(std::string_view line, std::string_view key) {
  const auto at = line.find(key);
  if (at == std::string_view::npos) {
    return std::nullopt;
  }
  std::uint64_t number = 0;
  const char* begin = line.data() + at + key.size();
  const auto read = std::from_chars(begin, line.data() + line.size(), number);
  return read.ec == std::errc{} ? std::optional(number) : std::nullopt;
}

} // namespace

Record::Record()
    : shared_(static_cast<Shared*>(shared_memory(sizeof(Shared)))),
      lines_(static_cast<LineRecord*>(shared_memory(k_lines_bytes))) {}

Record::~Record() {
  ::munmap(shared_, sizeof(Shared));
  ::munmap(lines_, k_lines_bytes);
}

bool Record::put(std::uint32_t writer,
                 std::uint32_t rollout,
                 const std::function<bool(std::uint32_t n)>& write) const {
  const std::uint32_t n = shared_->counts[writer].load();
  if (n >= k_most_lines) {
    shared_->stop = true;
    return false;
  }
  LineRecord& line = this->line(writer, n);
  line.rollout = rollout;
  line.begun = now_ns();
  line.state = LineState::begun;
  shared_->counts[writer] = n + 1;
  if (!write(n)) {
    return false;
  }
  line.ended = now_ns();
  line.state = LineState::acknowledged;
  shared_->acknowledged.fetch_add(1);
  return true;
}

bool Record::append(int fd,
                    std::uint32_t writer,
                    std::uint32_t rollout,
                    std::uint32_t* number) const {
  return put(writer, rollout, [&](std::uint32_t n) {
    const std::string text = fmt::format(
        R"({{"timestamp":"2026-01-02T03:04:05.678Z","type":"event_msg","payload":)"
        R"({{"type":"agent_message","w":{},"n":{},"r":{},"message":"a line"}}}})"
        "\n",
        writer,
        n,
        rollout);
    if (number != nullptr) {
      *number = n;
    }
    return ::write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size());
  });
}

Checker::Checker(const Record& record) : record_(record), seen_(k_most_writers) {
  for (std::uint32_t writer = 0; writer < k_most_writers; ++writer) {
    seen_[writer].resize(record.shared().counts[writer].load());
  }
  excused_.resize(record.shared().next_rollout.load() + 1);
}

void Checker::look(std::uint32_t rollout, std::string_view text) {
  latest_begun_ = 0;
  last_n_.fill(-1);
  while (!text.empty()) {
    const auto end = text.find('\n');
    const std::string_view line = text.substr(0, end);
    if (line.find(R"("w":)") != std::string_view::npos) {
      look_at_line(rollout, line);
    } else if (line.empty() || line.front() != '{' || line.back() != '}') {
      findings_.foreign += 1;
    }
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
}

void Checker::look_at_line(std::uint32_t rollout, std::string_view line) {
  const auto w = number_after(line, R"("w":)");
  const auto n = number_after(line, R"("n":)");
  if (!w || !n || *w >= k_most_writers || *n >= seen_[*w].size() || line.back() != '}') {
    findings_.foreign += 1;
    return;
  }
  const auto writer = static_cast<std::uint32_t>(*w);
  const auto number = static_cast<std::uint32_t>(*n);
  const LineRecord& entry = record_.line(writer, number);
  if (entry.rollout != rollout) {
    findings_.foreign += 1;
    complain("in another rollout", writer, number);
  }
  if (seen_[writer][number]) {
    findings_.twice += 1;
    complain("twice", writer, number);
    return;
  }
  seen_[writer][number] = true;
  const LineState state = entry.state;
  if (state == LineState::given_up) {
    findings_.came_back += 1;
    complain("came back", writer, number);
  }
  const bool early = state == LineState::acknowledged && entry.ended < latest_begun_;
  if (early || std::int64_t{number} < last_n_[writer]) {
    findings_.reordered += 1;
    complain("out of order", writer, number);
  }
  last_n_[writer] = number;
  latest_begun_ = std::max(latest_begun_, entry.begun);
}

void Checker::excuse(std::uint32_t rollout) {
  excused_[rollout] = true;
}

void Checker::count_lost() {
  for (std::uint32_t writer = 0; writer < k_most_writers; ++writer) {
    for (std::uint32_t n = 0; n < seen_[writer].size(); ++n) {
      const LineRecord& entry = record_.line(writer, n);
      if (entry.state == LineState::acknowledged && !seen_[writer][n] &&
          !excused_[entry.rollout]) {
        findings_.lost += 1;
        complain("lost", writer, n);
      }
    }
  }
}

void Checker::count_lost_of(std::uint32_t rollout,
                            std::uint32_t writer,
                            std::uint32_t first) {
  for (std::uint32_t n = first; n < seen_[writer].size(); ++n) {
    const LineRecord& entry = record_.line(writer, n);
    if (entry.state == LineState::acknowledged && entry.rollout == rollout &&
        !seen_[writer][n]) {
      findings_.lost += 1;
      complain("lost", writer, n);
    }
  }
}

void Checker::complain(const char* what, std::uint32_t writer, std::uint32_t n) const {
  constexpr int k_most_complaints = 20;
  if (++complaints_ <= k_most_complaints) {
    fmt::print(stderr,
               "line {} of writer {}, rollout {}: {}\n",
               n,
               writer,
               record_.line(writer, n).rollout,
               what);
  }
}

} // namespace coldpress::race
