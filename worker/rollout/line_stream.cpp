#include "worker/rollout/line_stream.hpp"

#include <algorithm>
#include <utility>

namespace coldpress {

void LineStream::end_line(bool newline, const Take& take) {
  take(LineInfo{place_, bytes_, newline, scan_.end(newline)});
  place_.offset += bytes_ + (newline ? 1 : 0);
  place_.number += 1;
  bytes_ = 0;
}

void LineStream::feed(std::span<const std::byte> data, const Take& take) {
  while (!data.empty()) {
    const auto end = std::find(data.begin(), data.end(), std::byte{'\n'});
    const auto count = static_cast<std::size_t>(end - data.begin());
    scan_.feed(data.first(count));
    bytes_ += count;
    if (end == data.end()) {
      return;
    }
    end_line(true, take);
    data = data.subspan(count + 1);
  }
}

void LineStream::finish(const Take& take) {
  if (bytes_ > 0) {
    end_line(false, take);
  }
}

std::span<const std::byte> LineCut::feed(std::span<const std::byte> data) {
  while (!begun_ && !data.empty()) {
    if (begins_ && at_.number >= first_.number && at_.offset >= first_.offset) {
      begun_ = true;
      break;
    }
    const auto end = std::find(data.begin(), data.end(), std::byte{'\n'});
    begins_ = end != data.end();
    const std::size_t count =
        static_cast<std::size_t>(end - data.begin()) + (begins_ ? 1 : 0);
    at_.offset += count;
    at_.number += begins_ ? 1 : 0;
    data = data.subspan(count);
  }
  return data;
}

} // namespace coldpress
