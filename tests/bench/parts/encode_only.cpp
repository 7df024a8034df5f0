// Compresses one file as coldpress does and syncs it once, and leaves out all that makes
// it safe: nothing is decoded or compared, no name changes. What `coldpress run` takes
// longer is what safety costs.
#include "fsutil/hash.hpp"
#include "fsutil/posix_fs.hpp"
#include "fsutil/thread_priority.hpp"
#include "worker/rollout/codec.hpp"

#include <fmt/format.h>

#include <chrono>
#include <cstdlib>
#include <vector>

namespace {

using namespace coldpress;

constexpr std::size_t k_piece = std::size_t{1} << 20U;
constexpr std::uint64_t k_drop_every = std::uint64_t{8} << 20U;

using Steady = std::chrono::steady_clock;

struct Packed {
  std::uint64_t from = 0;
  std::uint64_t to = 0;
  Steady::time_point encoded;
  Steady::time_point synced;
};

double seconds(Steady::duration time) {
  return std::chrono::duration<double>(time).count();
}

Result<Packed> pack(Fs& fs, FileHandle from, FileHandle to, int level) {
  TRY_ASSIGN(const FileStat stat, fs.stat(from));
  TRY_ASSIGN(FrameEncoder encoder,
             FrameEncoder::create(choose_frame_options(stat.size, level, {}), stat.size));
  Packed packed;
  const Sink sink = [&](std::span<const std::byte> out) -> Result<void> {
    TRY(fs.write_at(to, out, packed.to));
    packed.to += out.size();
    return {};
  };
  Hasher hasher;
  std::vector<std::byte> buffer(k_piece);
  std::uint64_t dropped = 0;
  for (std::size_t got = buffer.size(); got == buffer.size();) {
    TRY_ASSIGN(got, fs.read_at(from, buffer, packed.from));
    const std::span<const std::byte> piece(buffer.data(), got);
    hasher.update(piece);
    TRY(encoder.push(piece, sink));
    packed.from += got;
    if (packed.from - dropped >= k_drop_every) {
      (void)fs.drop_cache(from, dropped, packed.from - dropped);
      dropped = packed.from;
    }
  }
  TRY(encoder.finish(sink));
  packed.encoded = Steady::now();
  TRY(fs.sync_file(to));
  packed.synced = Steady::now();
  return packed;
}

Result<Packed> pack_file(const std::string& from, const std::string& to, int level) {
  PosixFs fs;
  TRY_ASSIGN(const FileHandle source, fs.open_read(from));
  const File keep_source(fs, source);
  TRY_ASSIGN(const FileHandle frame, fs.create_new(to, 0600));
  const File keep_frame(fs, frame);
  return pack(fs, source, frame, level);
}

} // namespace

int main(int argc, char** argv) {
  if (argc != 4) {
    fmt::print(stderr, "usage: coldpress-encode-only FILE NEW_FILE LEVEL\n");
    return 2;
  }
  // As a job thread of coldpress, so that both meet the same scheduler.
  make_this_thread_idle();
  const Steady::time_point begun = Steady::now();
  const Result<Packed> packed = pack_file(argv[1], argv[2], std::atoi(argv[3]));
  if (!packed) {
    fmt::print(stderr, "coldpress-encode-only: {}\n", describe(packed.error()));
    return 1;
  }
  fmt::print(R"({{"bytes_before":{},"bytes_after":{},"encoded":{:.6f},"synced":{:.6f}}})"
             "\n",
             packed->from,
             packed->to,
             seconds(packed->encoded - begun),
             seconds(packed->synced - begun));
  return 0;
}
