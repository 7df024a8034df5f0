#include "worker/rollout/reader.hpp"

#include "worker/rollout/name.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

namespace coldpress {
namespace {

constexpr std::uint64_t k_chunk = std::size_t{256} << 10U;
constexpr std::uint64_t k_drop_every = std::uint64_t{8} << 20U;
constexpr int k_more_tries = 3;
constexpr std::chrono::milliseconds k_between_tries{50};

} // namespace

std::string_view name_of(Form form) {
  return form == Form::plain ? "plain" : "compressed";
}

struct RolloutReader::State {
  Fs* fs = nullptr;
  File owned; // empty if the file is the caller's
  FileHandle file = FileHandle::none;
  std::string path;
  Form form = Form::plain;
  ReadOptions options;
  FileStat stat;
  std::uint64_t at = 0;      // bytes of the file read so far
  std::uint64_t dropped = 0; // bytes of it forgotten so far
  bool at_end = false;       // of the file
  std::uint64_t decoded = 0; // bytes handed out
  std::optional<FrameDecoder> decoder;
  std::vector<std::byte> raw;        // compressed bytes as read
  std::span<const std::byte> unread; // part of `raw` not decoded yet

  // Fills `into` unless the file ends first.
  Result<std::size_t> read_file(std::span<std::byte> into) {
    TRY_ASSIGN(const std::size_t count, fs->read_at(file, into, at));
    at += count;
    at_end = count < into.size();
    if (options.cache == PageCache::drop_behind &&
        (at_end || at - dropped >= k_drop_every)) {
      // Advice: a file system without it has nothing to forget.
      (void)fs->drop_cache(file, dropped, at - dropped);
      dropped = at;
    }
    return count;
  }

  Result<std::size_t> decode(std::span<std::byte> into) {
    std::size_t done = 0;
    while (done < into.size()) {
      if (unread.empty() && !at_end) {
        TRY_ASSIGN(const std::size_t count, read_file(raw));
        unread = std::span<const std::byte>(raw).first(count);
      }
      TRY_ASSIGN(const std::size_t count, decoder->decode(unread, into.subspan(done)));
      done += count;
      if (done < into.size() && unread.empty() && at_end) {
        TRY(decoder->finish());
        break;
      }
    }
    return done;
  }
};

RolloutReader::RolloutReader(std::unique_ptr<State> state) : state_(std::move(state)) {}
RolloutReader::RolloutReader(RolloutReader&&) noexcept = default;
RolloutReader& RolloutReader::operator=(RolloutReader&&) noexcept = default;
RolloutReader::~RolloutReader() = default;

Result<RolloutReader> RolloutReader::open(Fs& fs,
                                          const Clock& clock,
                                          const std::string& path,
                                          const ReadOptions& options) {
  const std::string plain = plain_name(path);
  const std::string compressed = compressed_name(plain);
  for (int tries_left = k_more_tries;; --tries_left) {
    auto reader = open_exact(fs, plain, options);
    if (reader || reader.error().code != Errc::not_found) {
      return reader;
    }
    reader = open_exact(fs, compressed, options);
    if (reader || reader.error().code != Errc::not_found || tries_left == 0) {
      return reader;
    }
    clock.sleep(k_between_tries);
  }
}

Result<RolloutReader>
RolloutReader::open_exact(Fs& fs, const std::string& path, const ReadOptions& options) {
  TRY_ASSIGN(const FileHandle handle, fs.open_read(path));
  auto state = std::make_unique<State>();
  state->owned = File(fs, handle);
  state->file = handle;
  state->path = path;
  state->form = path.ends_with(".zst") ? Form::compressed : Form::plain;
  state->options = options;
  return make(fs, std::move(state));
}

Result<RolloutReader> RolloutReader::over(Fs& fs,
                                          FileHandle file,
                                          const std::string& path,
                                          Form form,
                                          const ReadOptions& options) {
  auto state = std::make_unique<State>();
  state->file = file;
  state->path = path;
  state->form = form;
  state->options = options;
  return make(fs, std::move(state));
}

Result<RolloutReader> RolloutReader::make(Fs& fs, std::unique_ptr<State> state) {
  state->fs = &fs;
  TRY_ASSIGN(state->stat, fs.stat(state->file));
  if (state->stat.type != FileType::regular) {
    return Fail(Error{Errc::invalid, 0, "open", state->path, {"not a regular file"}});
  }
  if (state->form == Form::compressed) {
    TRY_ASSIGN(state->decoder, FrameDecoder::create(state->options.frames));
    state->raw.resize(std::min(k_chunk, state->stat.size + 1));
  }
  return RolloutReader(std::move(state));
}

Result<std::size_t> RolloutReader::read(std::span<std::byte> into) {
  auto count = state_->decoder ? state_->decode(into) : state_->read_file(into);
  if (!count) {
    Error error = std::move(count.error()).at(state_->path);
    if (state_->decoder) {
      error.context.push_back(
          fmt::format("{} bytes were decoded before", state_->decoded));
    }
    return Fail(std::move(error));
  }
  state_->decoded += *count;
  return count;
}

std::uint64_t RolloutReader::skipped_bytes() const {
  return state_->decoder ? state_->decoder->skipped_bytes() : 0;
}

Result<std::uint64_t> RolloutReader::skip(std::uint64_t count) {
  if (state_->form == Form::plain) {
    TRY_ASSIGN(const FileStat now, state_->fs->stat(state_->file));
    const std::uint64_t left = now.size - std::min(now.size, state_->at);
    const std::uint64_t skipped = std::min(count, left);
    state_->at += skipped;
    return skipped;
  }
  std::vector<std::byte> scratch(k_chunk);
  std::uint64_t skipped = 0;
  while (skipped < count) {
    const std::size_t want = std::min<std::uint64_t>(scratch.size(), count - skipped);
    TRY_ASSIGN(const std::size_t got, read(std::span(scratch).first(want)));
    skipped += got;
    if (got < want) {
      break;
    }
  }
  return skipped;
}

FileHandle RolloutReader::file() const {
  return state_->file;
}
Form RolloutReader::form() const {
  return state_->form;
}
const std::string& RolloutReader::path() const {
  return state_->path;
}
const FileStat& RolloutReader::stat() const {
  return state_->stat;
}

Result<void> copy_rollout(RolloutReader& reader, const Sink& sink) {
  std::vector<std::byte> buffer(k_chunk);
  for (;;) {
    TRY_ASSIGN(const std::size_t count, reader.read(buffer));
    if (count > 0) {
      TRY(sink(std::span<const std::byte>(buffer).first(count)));
    }
    if (count < buffer.size()) {
      return {};
    }
  }
}

} // namespace coldpress
