#include "worker/index/read_thread.hpp"

#include "worker/index/store_files.hpp"
#include "worker/rollout/line_reader.hpp"
#include "worker/rollout/name.hpp"

#include <map>

namespace coldpress {

namespace {

constexpr std::size_t k_batch_text = std::size_t{4} << 20U;

Result<LineReader> open_lines(Fs& fs, const Clock& clock, const std::string& path) {
  TRY_ASSIGN(RolloutReader reader, RolloutReader::open(fs, clock, path));
  return LineReader(std::move(reader));
}

// What the first lines say of the rollout; the meta is on the first that is not blank.
Result<history::Meta> meta_of(Fs& fs, const Clock& clock, const std::string& path) {
  TRY_ASSIGN(LineReader lines, open_lines(fs, clock, path));
  history::History history(history::ErrorLines::counted);
  for (;;) {
    TRY_ASSIGN(const auto line, lines.next());
    if (!line) {
      return history::Meta{};
    }
    history.feed(line->text, line->newline);
    if (history.thread().meta || history.counts().lines > history.counts().unreadable) {
      return history.thread().meta.value_or(history::Meta{});
    }
  }
}

Result<std::uint64_t> decoded_bytes(Fs& fs, const Clock& clock, const std::string& path) {
  TRY_ASSIGN(RolloutReader reader, RolloutReader::open(fs, clock, path));
  return reader.skip(~std::uint64_t{0});
}

Result<void> feed(Fs& fs,
                  const Clock& clock,
                  const std::string& path,
                  history::History& history,
                  history::Rows& rows) {
  TRY_ASSIGN(LineReader lines, open_lines(fs, clock, path));
  for (;;) {
    TRY_ASSIGN(const auto line, lines.next());
    if (!line) {
      break;
    }
    // A line without an end waits in a paginated rollout, as for Codex.
    if (line->newline || history.thread().mode == history::Mode::legacy) {
      history.feed(line->text, line->newline);
    }
    if (history.waiting_bytes() >= k_batch_text) {
      rows.apply(history.take_changes());
    }
  }
  rows.apply(history.take_changes());
  return {};
}

} // namespace

Result<ThreadHistory> read_thread(Fs& fs,
                                  const Clock& clock,
                                  const Store& store,
                                  const std::string& path,
                                  history::ErrorLines error_lines) {
  TRY_ASSIGN(const history::Meta own, meta_of(fs, clock, path));
  std::map<std::string, std::string> paths; // by rollout id
  if (own.base) {
    for (const FoundRollout& found : files_of(fs, store).rollouts) {
      const auto name = parse_rollout_name(found.name);
      if (name) {
        paths[name->rollout_id.empty() ? name->thread_id : name->rollout_id] =
            join_path(store.home, found.plain_path());
      }
    }
  }
  std::optional<Error> failed;
  const auto find = [&](const std::string& id) -> std::optional<history::Source> {
    const auto at = paths.find(lower_case(id));
    if (at == paths.end() || failed) {
      return std::nullopt;
    }
    auto meta = meta_of(fs, clock, at->second);
    auto bytes = decoded_bytes(fs, clock, at->second);
    if (!meta || !bytes) {
      failed = meta ? bytes.error() : meta.error();
      return std::nullopt;
    }
    return history::Source{std::move(*meta), *bytes};
  };
  auto bases = history::bases_of(own, find);
  if (!bases) {
    return Fail(failed ? std::move(*failed) : std::move(bases.error()).at(path));
  }
  ThreadHistory thread;
  history::History history(error_lines);
  for (const history::Base& base : *bases) {
    history.limit(base);
    TRY(feed(fs, clock, paths[lower_case(base.rollout_id)], history, thread.rows));
    history.begin_rollout(base);
  }
  TRY(feed(fs, clock, path, history, thread.rows));
  thread.thread = history.thread();
  thread.counts = history.counts();
  thread.inherited = std::move(*bases);
  return thread;
}

} // namespace coldpress
