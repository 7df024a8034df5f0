#include "worker/stage/encode.hpp"

#include "fsutil/page_cache.hpp"
#include "worker/rollout/codec.hpp"
#include "worker/rollout/frame_check.hpp"
#include "worker/rollout/name.hpp"
#include "worker/rollout/reader.hpp"
#include "worker/stage/checks.hpp"

#include <algorithm>

namespace coldpress {

class EncodedMaker {
public:
  static Encoded make(Claim claim,
                      TempFile temp,
                      const Content& source,
                      const DecodedFrame& frame,
                      const FrameOptions& options) {
    return Encoded(std::move(claim),
                   std::move(temp),
                   source,
                   frame,
                   options.level,
                   options.window_log);
  }
};

namespace {

constexpr std::uint64_t k_piece = std::uint64_t{1} << 20U;
constexpr std::size_t k_write = std::size_t{256} << 10U;
constexpr std::uint64_t k_check_space_every = std::uint64_t{8} << 20U;

// Collects the encoder's output, which comes in pieces of 128 KiB at most, writes it in
// larger ones, and has them decoded and hashed.
class FrameWriter {
public:
  FrameWriter(Fs& fs, FileHandle file, std::uint64_t limit, CodecContexts* contexts)
      : fs_(fs), file_(file), limit_(limit), check_(contexts) {
    buffer_.reserve(k_write);
  }

  Result<void> put(std::span<const std::byte> data) {
    if (written_ + buffer_.size() + data.size() >= limit_) {
      full_ = true;
      return Fail(Error{Errc::no_space, 0, "encode", {}, {"larger than the source"}});
    }
    buffer_.insert(buffer_.end(), data.begin(), data.end());
    return buffer_.size() >= k_write ? flush() : Result<void>{};
  }

  Result<void> flush() {
    TRY(fs_.write_at(file_, buffer_, written_));
    written_ += buffer_.size();
    check_.push(std::exchange(buffer_, {}));
    buffer_.reserve(k_write);
    return {};
  }

  // What was written, if it decodes to exactly these bytes.
  Result<DecodedFrame> decodes_to(const Content& source) {
    TRY_ASSIGN(const DecodedFrame frame, check_.finish());
    if (frame.plain_hash() != source.hash() || frame.plain_size() != source.size()) {
      return Fail(Error{Errc::corrupt,
                        0,
                        "encode",
                        {},
                        {"the encoded data does not decode to the source, which is "
                         "unchanged; check the machine's memory"}});
    }
    return frame;
  }

  // What was put in is as large as the source: nothing to gain any more.
  bool full() const { return full_; }

private:
  Fs& fs_;
  FileHandle file_;
  std::uint64_t limit_;
  std::uint64_t written_ = 0;
  bool full_ = false;
  std::vector<std::byte> buffer_;
  FrameCheck check_;
};

// What was read, and what was made of it.
struct Fed {
  Content source;
  DecodedFrame frame;
};

// The plain bytes of the claimed file, which leaves the page cache behind itself unless
// most of it was there before.
Result<ContentReader> open_source(Fs& fs, const Claim& claim) {
  const Candidate& candidate = claim.candidate();
  const bool in_use = is_in_use(fs, claim.file(), claim.stamp().size);
  TRY_ASSIGN(RolloutReader reader,
             RolloutReader::over(
                 fs,
                 claim.file(),
                 candidate.path,
                 candidate.form,
                 {in_use ? PageCache::keep : PageCache::drop_behind, Frames::any}));
  return ContentReader(std::move(reader));
}

// A weak frame was read before. Without a checksum, that is all there is to compare with.
Result<void> same_as_measured(const Claim& claim, const Content& source) {
  if (claim.measured() && !claim.measured()->same_bytes(source)) {
    return Fail(Error{Errc::corrupt,
                      0,
                      "encode",
                      {},
                      {"two reads of the .zst decode differently; it is unchanged; check "
                       "the disk and the machine's memory"}});
  }
  return {};
}

// Less than one part in so many is not worth that a rollout must be decoded from then on.
constexpr std::uint64_t k_least_gain = 64;

// What comes out must be smaller than a plain file by that, and no larger than a weak
// frame: that gains its checksum.
std::uint64_t output_limit(const Claim& claim) {
  const std::uint64_t size = claim.stamp().size;
  return claim.candidate().form == Form::compressed ? size + 1
                                                    : size - size / k_least_gain;
}

Result<Fed> feed(Fs& fs,
                 const Claim& claim,
                 FrameEncoder& encoder,
                 FrameWriter& writer,
                 const EncodeRules& rules,
                 const std::stop_token& stop) {
  const Sink sink = [&](std::span<const std::byte> out) { return writer.put(out); };
  const std::string dir = parent_dir(claim.candidate().path);
  TRY_ASSIGN(ContentReader source, open_source(fs, claim));
  // One byte more than a small file has: the end, or that it grew, is seen at once.
  std::vector<std::byte> buffer(std::min(k_piece, claim.source_size() + 1));
  std::uint64_t read = 0;
  std::uint64_t checked = 0;
  for (;;) {
    if (stop.stop_requested()) {
      return Fail(Error{Errc::canceled, 0, "encode", {}, {}});
    }
    TRY_ASSIGN(const std::size_t got, source.read(buffer));
    const std::span<const std::byte> piece(buffer.data(), got);
    TRY(encoder.push(piece, sink));
    read += got;
    if (rules.progress != nullptr) {
      rules.progress->fetch_add(got, std::memory_order_relaxed);
    }
    if (rules.pace) {
      TRY(rules.pace(got));
    }
    if (read - checked >= k_check_space_every || got < buffer.size()) {
      TRY(check_space(fs, dir, rules.min_free_bytes));
      checked = read;
    }
    if (got < buffer.size()) {
      break;
    }
  }
  TRY(encoder.finish(sink));
  TRY(writer.flush());
  TRY_ASSIGN(const Content content, source.content());
  TRY(same_as_measured(claim, content));
  TRY_ASSIGN(const DecodedFrame frame, writer.decodes_to(content));
  return Fed{content, frame};
}

} // namespace

Step<Encoded>
encode(Fs& fs, Claim claim, const EncodeRules& rules, std::stop_token stop) {
  const std::string& path = claim.candidate().path;
  TRY(check_space(fs, parent_dir(path), rules.min_free_bytes));
  // What will be exchanged with a .zst needs a name for that.
  const bool weak = claim.candidate().form == Form::compressed;
  TRY_ASSIGN(TempFile temp,
             TempFile::create_beside(fs,
                                     compressed_name(plain_name(path)),
                                     weak ? TempFile::Naming::named
                                          : TempFile::Naming::unnamed));
  // What cannot be kept is better known before the work than after it.
  TRY(keep_metadata(fs, claim, temp.handle(), path));
  TRY_ASSIGN(
      FrameEncoder encoder,
      naming(path,
             FrameEncoder::create(rules.frame, claim.source_size(), rules.contexts)));
  FrameWriter writer(fs, temp.handle(), output_limit(claim), rules.contexts);
  auto fed = feed(fs, claim, encoder, writer, rules, stop);
  if (writer.full()) {
    return Stop::skip(Reason::no_gain);
  }
  TRY_ASSIGN(const Fed made, naming(path, std::move(fed)));
  return EncodedMaker::make(
      std::move(claim), std::move(temp), made.source, made.frame, rules.frame);
}

} // namespace coldpress
