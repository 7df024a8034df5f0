#include "worker/history/history.hpp"

namespace coldpress::history {

namespace {

constexpr std::string_view k_version = "coldpress history 1\n";

} // namespace

void History::feed(std::string_view line, bool newline) {
  next_.end = next_.offset + line.size() + (newline ? 1 : 0);
  for (const Step& step : reducer_.take(parser_->parse(line, next_))) {
    items_.see(step);
    turns_.see(step);
    lifecycle_.see(step);
  }
  next_.offset = next_.end;
  next_.line += 1;
}

void History::begin_rollout(const Base& base) {
  reducer_.begin_rollout(base);
  turns_.begin_rollout();
  next_ = Place();
}

Changes History::take_changes() {
  return Changes{items_.take(), turns_.take(), lifecycle_.take()};
}

std::string History::checkpoint() const {
  BlobWriter to;
  to.place(next_);
  reducer_.write(to);
  turns_.write(to);
  return std::string(k_version) + to.take();
}

Result<History> History::restore(std::string_view bytes) {
  const Fail damaged(
      Error{Errc::corrupt, 0, "read a checkpoint", "", {"it is not of this version"}});
  if (!bytes.starts_with(k_version)) {
    return damaged;
  }
  BlobReader from(bytes.substr(k_version.size()));
  const Place next = from.place();
  auto reducer = Reducer::read(from);
  if (!reducer) {
    return damaged;
  }
  History history(ErrorLines::counted);
  history.reducer_ = std::move(*reducer);
  history.next_ = next;
  history.turns_.read(from);
  if (!from.ok() || !from.at_end()) {
    return damaged;
  }
  return history;
}

} // namespace coldpress::history
