#include "tests/history/read_history.hpp"

namespace coldpress::history {

namespace {

Run run_of(History& history) {
  Run run;
  run.rows.apply(history.take_changes());
  run.thread = history.thread();
  run.counts = history.counts();
  return run;
}

} // namespace

void feed_lines(History& history, std::string_view text) {
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    history.feed(text.substr(0, end), end != std::string_view::npos);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
}

Run read_rollout(std::string_view text, ErrorLines error_lines) {
  History history(error_lines);
  feed_lines(history, text);
  return run_of(history);
}

Result<Run> read_thread(const std::map<std::string, std::string>& rollouts,
                        const std::string& id,
                        ErrorLines error_lines) {
  const std::string& own = rollouts.at(id);
  const auto meta_of = [&](const std::string& text) {
    return read_rollout(text, error_lines).thread.meta.value_or(Meta{});
  };
  const FindSource find = [&](const std::string& rollout) -> std::optional<Source> {
    const auto found = rollouts.find(rollout);
    if (found == rollouts.end()) {
      return std::nullopt;
    }
    return Source{meta_of(found->second), found->second.size()};
  };
  TRY_ASSIGN(const std::vector<Base> bases, bases_of(meta_of(own), find));
  History history(error_lines);
  for (const Base& base : bases) {
    history.limit(base);
    feed_lines(history, rollouts.at(base.rollout_id));
    history.begin_rollout(base);
  }
  feed_lines(history, own);
  return run_of(history);
}

} // namespace coldpress::history
