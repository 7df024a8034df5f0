#include "worker/catalog/index_reader.hpp"

#include "worker/catalog/index_feed.hpp"
#include "worker/rollout/line_reader.hpp"

#include <algorithm>
#include <array>
#include <vector>

namespace coldpress {

namespace {

// A batch ends after so many decoded bytes at the latest.
constexpr std::uint64_t k_batch_read = std::uint64_t{32} << 20U;
// A longer line is not one of Codex's.
constexpr std::uint64_t k_longest_line = std::uint64_t{256} << 20U;

bool same_file(const FileStat& a, const FileStat& b) {
  return a.device == b.device && a.inode == b.inode;
}

// The decoded length as the file says; nothing if it does not.
Result<std::optional<std::uint64_t>> decoded_length(Fs& fs, const RolloutReader& reader) {
  if (reader.form() == Form::plain) {
    return std::optional(reader.stat().size);
  }
  std::array<std::byte, k_frame_header_max> header{};
  TRY_ASSIGN(const std::size_t got, fs.read_at(reader.file(), header, 0));
  const auto frame = inspect_frame(std::span(header).first(got));
  return frame ? frame->content_size : std::nullopt;
}

// The digests of the bytes up to `offset`, if they are as stored; read from `from` on,
// the beginning of a chunk. Nothing if they differ, or if there are fewer.
Result<std::optional<Digests>> follow(RolloutReader& reader,
                                      std::string_view stored,
                                      std::uint64_t from,
                                      std::uint64_t offset,
                                      const std::stop_token& stop) {
  Digests digests = Digests::of(stored, from);
  TRY_ASSIGN(std::uint64_t at, reader.skip(from));
  std::vector<std::byte> buffer(Digests::k_chunk);
  while (at < offset && !stop.stop_requested()) {
    const std::size_t wanted = std::min<std::uint64_t>(buffer.size(), offset - at);
    TRY_ASSIGN(const std::size_t got, reader.read(std::span(buffer).first(wanted)));
    if (got == 0) {
      break;
    }
    digests.feed({reinterpret_cast<const char*>(buffer.data()), got});
    at += got;
  }
  return at == offset && digests.length() == offset && digests.bytes() == stored
             ? std::optional(std::move(digests))
             : std::optional<Digests>();
}

class Reading {
public:
  Reading(Fs& fs,
          const Clock& clock,
          const IndexJob& job,
          const IndexReadRules& rules,
          const std::function<Result<void>(IndexBatch)>& put)
      : fs_(fs), clock_(clock), job_(job), rules_(rules), put_(put),
        path_(join_path(rules.home, job.found.plain_path())) {}

  // Where the reading has ended: what comes behind it can be fed without a look at the
  // file. Nothing if all was as known, or if the last line has no end.
  std::optional<IndexFeed> take_feed() {
    return unread_ == 0 ? std::move(feed_) : std::nullopt;
  }

  Result<IndexRead> run() {
    TRY_ASSIGN(RolloutReader reader, open());
    if (job_.known.offset > 0 || job_.known.unread > 0) {
      TRY_ASSIGN(const bool same, is_same(reader));
      if (same) {
        return IndexRead::same;
      }
      TRY_ASSIGN(const bool grown, goes_on(reader));
      if (grown) {
        return take(LineReader(std::move(reader), k_longest_line));
      }
      if (rules_.stop.stop_requested()) {
        return IndexRead::stopped; // and nothing is known of what stands there
      }
      TRY_ASSIGN(reader, open());
    }
    feed_.emplace(job_.known.id);
    return take(LineReader(std::move(reader), k_longest_line));
  }

private:
  Result<RolloutReader> open() {
    return RolloutReader::open(fs_, clock_, path_, {PageCache::keep, Frames::any});
  }

  // By form and place only.
  Result<bool> is_same(const RolloutReader& reader) {
    const FoundRollout& then = job_.known.found;
    const bool moved = then.compressed != (reader.form() == Form::compressed) ||
                       then.dir != job_.found.dir;
    if (!moved || then.stat.mtime != reader.stat().mtime || !job_.known.problem.empty()) {
      return false;
    }
    TRY_ASSIGN(const auto length, decoded_length(fs_, reader));
    return length == job_.known.offset + job_.known.unread;
  }

  // Whether the reader, at its beginning, holds what is known; then it stands behind it.
  Result<bool> goes_on(RolloutReader& reader) {
    const std::uint64_t offset = job_.known.offset;
    auto history = history::History::restore(job_.checkpoint.history);
    if (!history || history->offset() != offset) {
      return false;
    }
    const bool grown = reader.form() == Form::plain && !job_.known.found.compressed &&
                       same_file(reader.stat(), job_.known.found.stat) &&
                       reader.stat().size > offset + job_.known.unread;
    const std::uint64_t from = grown ? last_chunk(offset) : 0;
    TRY_ASSIGN(auto digests,
               follow(reader, job_.checkpoint.digests, from, offset, rules_.stop));
    if (!digests) {
      return false;
    }
    feed_.emplace(job_.known.id, std::move(*history), std::move(*digests));
    return true;
  }

  Result<IndexRead> take(LineReader lines) {
    bool stopped = false;
    std::uint64_t read = 0;
    for (;;) {
      TRY_ASSIGN(const auto line, lines.next());
      if (!line || !line->newline) {
        unread_ = line ? line->text.size() : 0;
        break;
      }
      feed_->feed(line->text);
      read += line->text.size() + 1;
      if (read >= k_batch_read || feed_->due()) {
        TRY(flush(read));
        stopped = rules_.stop.stop_requested();
        if (stopped) {
          return IndexRead::stopped;
        }
      }
    }
    TRY(flush(read));
    return IndexRead::taken;
  }

  Result<void> flush(std::uint64_t& read) {
    if (rules_.progress) {
      rules_.progress(read);
    }
    read = 0;
    return put_(feed_->take(unread_));
  }

  Fs& fs_;
  const Clock& clock_;
  const IndexJob& job_;
  const IndexReadRules& rules_;
  const std::function<Result<void>(IndexBatch)>& put_;
  std::string path_;
  std::optional<IndexFeed> feed_;
  std::uint64_t unread_ = 0;
};

} // namespace

bool is_as_indexed(const FoundRollout& found, const IndexedRollout& known) {
  const FileStat& then = known.found.stat;
  return found.dir == known.found.dir && found.compressed == known.found.compressed &&
         same_file(found.stat, then) && found.stat.size == then.size &&
         found.stat.mtime == then.mtime && found.stat.ctime == then.ctime;
}

Result<IndexRead> read_for_index(Fs& fs,
                                 const Clock& clock,
                                 const IndexJob& job,
                                 const IndexReadRules& rules,
                                 const std::function<Result<void>(IndexBatch)>& put) {
  return Reading(fs, clock, job, rules, put).run();
}

Result<std::optional<IndexFeed>>
feed_for_index(Fs& fs,
               const Clock& clock,
               const IndexJob& job,
               const IndexReadRules& rules,
               const std::function<Result<void>(IndexBatch)>& put) {
  Reading reading(fs, clock, job, rules, put);
  TRY_ASSIGN(const IndexRead ended, reading.run());
  return ended == IndexRead::taken ? reading.take_feed() : std::nullopt;
}

Result<bool> holds_indexed_bytes(Fs& fs,
                                 const Clock& clock,
                                 const std::string& path,
                                 const IndexedRollout& known,
                                 const IndexCheckpoint& checkpoint) {
  TRY_ASSIGN(RolloutReader reader,
             RolloutReader::open(fs, clock, path, {PageCache::keep, Frames::any}));
  TRY_ASSIGN(const auto digests,
             follow(reader, checkpoint.digests, 0, known.offset, std::stop_token()));
  return digests.has_value();
}

} // namespace coldpress
