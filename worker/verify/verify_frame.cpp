#include "worker/verify/verify_frame.hpp"

#include "fsutil/page_cache.hpp"
#include "fsutil/text.hpp"
#include "worker/rollout/codec.hpp"
#include "worker/rollout/head.hpp"
#include "worker/rollout/line_check.hpp"
#include "worker/rollout/name.hpp"
#include "worker/rollout/utf8_lines.hpp"

#include <algorithm>

namespace coldpress {

namespace {

constexpr std::size_t k_piece = std::size_t{256} << 10U;
constexpr std::uint64_t k_drop_every = std::uint64_t{8} << 20U;
constexpr std::size_t k_longest_head = std::size_t{1} << 20U;

// Takes the plain bytes in.
class PlainSide {
public:
  PlainSide(std::uint64_t prefix_bytes, bool check_lines)
      : prefix_bytes_(prefix_bytes), check_lines_(check_lines) {}

  void take(std::span<const std::byte> data) {
    take_head(data);
    characters_.feed(data);
    if (check_lines_) {
      lines_.feed(data);
    }
    const std::uint64_t left = prefix_bytes_ - std::min(prefix_bytes_, bytes_);
    bytes_ += data.size();
    if (left > 0 && left <= data.size()) {
      hasher_.update(data.first(left));
      prefix_ = hasher_.digest();
      data = data.subspan(left);
    }
    hasher_.update(data);
  }

  void fill(FrameRead& read) const {
    read.plain_bytes = bytes_;
    read.hash = hasher_.digest();
    read.prefix = prefix_;
    read.odd_lines = lines_.odd_lines();
    read.not_utf8 = characters_.bad_lines();
    if (const auto head = parse_head(head_)) {
      read.thread_id = head->thread_id;
      read.mode = history_mode(head_);
    }
  }

private:
  void take_head(std::span<const std::byte> data) {
    if (head_done_) {
      return;
    }
    const auto end = std::find(data.begin(), data.end(), std::byte{'\n'});
    for (auto at = data.begin(); at != end && head_.size() <= k_longest_head; ++at) {
      head_ += static_cast<char>(*at);
    }
    head_done_ = end != data.end() || head_.size() > k_longest_head;
  }

  Hasher hasher_;
  LineCheck lines_;
  Utf8Lines characters_;
  std::string head_;
  bool head_done_ = false;
  std::uint64_t bytes_ = 0;
  std::uint64_t prefix_bytes_;
  std::optional<Hash128> prefix_;
  bool check_lines_;
};

// One open .zst on its way through the decoder.
class FrameReading {
public:
  FrameReading(Fs& fs, FileHandle file, const FrameReadRules& rules)
      : fs_(fs), file_(file), rules_(rules), buffer_(k_piece) {}

  Result<FrameRead> run() {
    TRY_ASSIGN(const FileStat stat, fs_.stat(file_));
    if (stat.type != FileType::regular) {
      return Fail(Error{Errc::invalid, 0, "verify", {}, {"not a regular file"}});
    }
    FrameRead read;
    read.stamp = FileStamp::of(stat);
    const bool in_use = is_in_use(fs_, file_, stat.size);
    TRY_ASSIGN(FrameDecoder decoder, FrameDecoder::create(Frames::any));
    TRY_ASSIGN(std::size_t got, next(in_use));
    // What is no frame at all is for the decoder to say.
    const auto first = inspect_frame(std::span(buffer_).first(got));
    read.checksum = first && first->checksum;
    PlainSide plain(rules_.prefix_bytes, !read.checksum);
    const Sink sink = [&](std::span<const std::byte> data) -> Result<void> {
      plain.take(data);
      return stopped(); // a piece of a frame may be very long
    };
    while (got > 0) {
      TRY(decoder.push(std::span(buffer_).first(got), sink));
      if (got < buffer_.size()) {
        break;
      }
      TRY_ASSIGN(got, next(in_use));
    }
    TRY(decoder.finish());
    plain.fill(read);
    return read;
  }

private:
  Result<void> stopped() const {
    if (rules_.stop.stop_requested()) {
      return Fail(Error{Errc::canceled, 0, "verify", {}, {}});
    }
    return {};
  }

  Result<std::size_t> next(bool in_use) {
    TRY(stopped());
    TRY_ASSIGN(const std::size_t got, fs_.read_at(file_, buffer_, at_));
    at_ += got;
    if (!in_use && (got < buffer_.size() || at_ - dropped_ >= k_drop_every)) {
      (void)fs_.drop_cache(file_, dropped_, at_ - dropped_); // advice
      dropped_ = at_;
    }
    if (rules_.pace) {
      TRY(rules_.pace(got));
    }
    return got;
  }

  Fs& fs_;
  FileHandle file_;
  const FrameReadRules& rules_;
  std::vector<std::byte> buffer_;
  std::uint64_t at_ = 0;
  std::uint64_t dropped_ = 0;
};

bool names_other_thread(const std::string& plain_name, const FrameRead& read) {
  const auto name = parse_rollout_name(plain_name);
  return name && !read.thread_id.empty() && read.thread_id != name->thread_id &&
         read.thread_id != name->rollout_id;
}

// Bytes that were written so are no damage, but not all of them are read again.
std::string unread_by_codex(const FrameRead& read) {
  return read.not_utf8 == 0
             ? std::string()
             : fmt::format("lines that are not UTF-8: {}; Codex {}",
                           read.not_utf8,
                           read.mode == HistoryMode::legacy ? "refuses to read the thread"
                                                            : "skips them");
}

Judgement judge_bytes(const std::string& plain_name,
                      const FrameRead& read,
                      const std::optional<Verification>& known) {
  Judgement made;
  if (!read.checksum && read.odd_lines > 0) {
    made.detail = fmt::format("{} lines are not complete JSON: torn writes, or damage "
                              "that a frame without checksum cannot detect",
                              read.odd_lines);
  }
  if (!known || known->hash.empty() || known->plain_bytes == 0) {
    return made;
  }
  made.compared = true;
  const bool begins_so = read.prefix && to_hex(*read.prefix) == known->hash;
  const bool same_file =
      read.stamp.size == known->frame_bytes && read.stamp.mtime == known->frame_mtime;
  if (begins_so && (read.plain_bytes == known->plain_bytes || !same_file)) {
    // The bytes are right now, but the next flipped bit will not show.
    if (!read.checksum && !same_file) {
      made.detail =
          "recompressed by Codex without a checksum: coldpress run --recompress "
          "gives it one" +
          (made.detail.empty() ? "" : "; " + made.detail);
    }
    return made;
  }
  if (names_other_thread(plain_name, read)) {
    return {false,
            true,
            "it holds the records of another thread, " + read.thread_id +
                ": one file was replaced by another"};
  }
  if (same_file) {
    return {false,
            true,
            fmt::format("it decodes, but not to its former bytes ({} bytes now, {} then)",
                        read.plain_bytes,
                        known->plain_bytes)};
  }
  if (read.thread_id.empty()) {
    made.detail = "its bytes changed, and the first record is not session_meta: find out "
                  "what it is; Codex does not read it as a rollout";
    return made;
  }
  made.detail = read.plain_bytes < known->plain_bytes
                    ? fmt::format("it is shorter than before ({} bytes now, {} then): "
                                  "Codex recreated it, or an older copy was restored",
                                  read.plain_bytes,
                                  known->plain_bytes)
                    : "its bytes changed: Codex recreated it";
  if (!read.checksum) {
    made.detail +=
        ", recompressed by Codex without a checksum: coldpress run --recompress "
        "gives it one";
  }
  return made;
}

} // namespace

Result<FrameRead>
read_frame(Fs& fs, const std::string& path, const FrameReadRules& rules) {
  TRY_ASSIGN(const FileHandle handle, fs.open_read(path));
  const File file(fs, handle);
  auto read = FrameReading(fs, handle, rules).run();
  if (!read) {
    return Fail(std::move(read.error()).at(path));
  }
  return read;
}

Judgement judge(const std::string& plain_name,
                const FrameRead& read,
                const std::optional<Verification>& known) {
  Judgement made = judge_bytes(plain_name, read, known);
  made.unread = unread_by_codex(read);
  made.detail += (made.detail.empty() || made.unread.empty() ? "" : "; ") + made.unread;
  return made;
}

} // namespace coldpress
