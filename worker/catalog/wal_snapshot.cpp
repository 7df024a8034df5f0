#include "worker/catalog/wal_snapshot.hpp"

#include "fsutil/file_stamp.hpp"
#include "fsutil/text.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <optional>
#include <unordered_map>

namespace coldpress {

namespace {

// https://www.sqlite.org/fileformat2.html, "The Write-Ahead Log" and "The Database
// Header".
constexpr std::size_t k_wal_header = 32;
constexpr std::size_t k_frame_header = 24;
constexpr std::size_t k_salts_at = 16;        // of the log's header; of a frame's: 8
constexpr std::uint32_t k_magic = 0x377f0682; // the last bit: words are big-endian
constexpr std::uint32_t k_version = 3007000;
constexpr std::size_t k_least_page = 512;
constexpr std::size_t k_most_page = 65536;
constexpr std::size_t k_write_version_at = 18; // of the database's header
constexpr std::size_t k_read_version_at = 19;
constexpr std::byte k_no_log{1};
constexpr int k_tries = 3;

using Bytes = std::span<const std::byte>;

std::uint32_t word_at(Bytes bytes, std::size_t at, bool big = true) {
  std::uint32_t word = 0;
  for (std::size_t nth = 0; nth < 4; ++nth) {
    const auto byte = std::to_integer<std::uint32_t>(bytes[at + nth]);
    word |= byte << (8U * (big ? 3 - nth : nth));
  }
  return word;
}

class Checksum {
public:
  explicit Checksum(bool big) : big_(big) {}
  void add(Bytes bytes) {
    for (std::size_t at = 0; at + 8 <= bytes.size(); at += 8) {
      first_ += word_at(bytes, at, big_) + second_;
      second_ += word_at(bytes, at + 4, big_) + first_;
    }
  }
  bool is_at(Bytes bytes, std::size_t at) const {
    return word_at(bytes, at) == first_ && word_at(bytes, at + 4) == second_;
  }

private:
  bool big_;
  std::uint32_t first_ = 0;
  std::uint32_t second_ = 0;
};

struct OpenFile {
  File file;
  FileStamp stamp;
};

// Empty: there is none.
Result<std::optional<OpenFile>>
open_regular(Fs& fs, const std::string& path, std::uint64_t limit) {
  auto handle = fs.open_read(path);
  if (!handle) {
    return handle.error().code == Errc::not_found
               ? Result<std::optional<OpenFile>>(std::nullopt)
               : Fail(std::move(handle.error()));
  }
  OpenFile open{File(fs, *handle), {}};
  TRY_ASSIGN(const FileStat stat, fs.stat(*handle));
  if (stat.type != FileType::regular) {
    return Fail(Error{Errc::invalid, 0, "read database", path, {"not a regular file"}});
  }
  if (stat.size > limit) {
    return Fail(Error{Errc::invalid,
                      0,
                      "read database",
                      path,
                      {fmt::format("larger than the limit of {}", format_size(limit))}});
  }
  open.stamp = FileStamp::of(stat);
  return std::optional(std::move(open));
}

using LogHeader = std::array<std::byte, k_wal_header>;

// All zero where there is none.
Result<LogHeader> read_log_header(Fs& fs, const std::optional<OpenFile>& log) {
  LogHeader header{};
  if (log) {
    TRY_ASSIGN(const std::size_t got, fs.read_at(log->file.handle(), header, 0));
    if (got < header.size()) {
      header.fill(std::byte{0});
    }
  }
  return header;
}

// The committed pages of an open log: where each stands in it last.
struct LogPages {
  std::size_t page_size = 0;
  std::uint32_t count = 0;                                  // of the database
  std::unordered_map<std::uint32_t, std::uint64_t> offsets; // by number, from 1
};

// A log whose header is none holds nothing, as SQLite has it.
bool is_log(const LogHeader& header, std::size_t page_size) {
  const std::uint32_t magic = word_at(header, 0);
  if ((magic & ~1U) != k_magic || word_at(header, 4) != k_version ||
      page_size < k_least_page || page_size > k_most_page ||
      !std::has_single_bit(page_size)) {
    return false;
  }
  Checksum sum((magic & 1U) != 0);
  sum.add(Bytes(header).first(k_wal_header - 8));
  return sum.is_at(header, k_wal_header - 8);
}

Result<LogPages> find_pages(Fs& fs, const OpenFile& log, const LogHeader& header) {
  LogPages pages;
  const std::size_t page_size = word_at(header, 8);
  if (!is_log(header, page_size)) {
    return pages;
  }
  pages.page_size = page_size;
  Checksum sum((word_at(header, 0) & 1U) != 0);
  sum.add(Bytes(header).first(k_wal_header - 8));
  std::vector<std::byte> frame(k_frame_header + page_size);
  std::vector<std::pair<std::uint32_t, std::uint64_t>> open; // not committed yet
  for (std::uint64_t at = k_wal_header; at < log.stamp.size; at += frame.size()) {
    TRY_ASSIGN(const std::size_t got, fs.read_at(log.file.handle(), frame, at));
    const Bytes bytes(frame);
    if (got < frame.size() ||
        !std::equal(frame.begin() + 8, frame.begin() + 16, header.begin() + k_salts_at)) {
      break;
    }
    sum.add(bytes.first(8));
    sum.add(bytes.subspan(k_frame_header));
    const std::uint32_t number = word_at(bytes, 0);
    if (number == 0 || !sum.is_at(bytes, k_salts_at)) {
      break;
    }
    open.emplace_back(number, at + k_frame_header);
    if (const std::uint32_t count = word_at(bytes, 4); count != 0) {
      for (const auto& [page, offset] : open) {
        pages.offsets[page] = offset;
      }
      pages.count = count;
      open.clear();
    }
  }
  return pages;
}

Result<std::vector<std::byte>> read_whole(Fs& fs, const OpenFile& database) {
  std::vector<std::byte> image(database.stamp.size);
  TRY_ASSIGN(const std::size_t got, fs.read_at(database.file.handle(), image, 0));
  image.resize(got);
  return image;
}

Result<void> lay_over(Fs& fs,
                      const OpenFile& log,
                      const LogPages& pages,
                      std::uint64_t limit,
                      std::vector<std::byte>& image) {
  if (pages.count == 0) {
    return {};
  }
  const std::uint64_t size = std::uint64_t{pages.count} * pages.page_size;
  if (size > limit) {
    return Fail(Error{Errc::invalid, 0, "read database", {}, {"too large with its log"}});
  }
  image.resize(size);
  for (const auto& [number, offset] : pages.offsets) {
    if (number > pages.count) {
      continue; // cut off by a later transaction
    }
    const auto into = std::span(image).subspan(std::size_t{number - 1} * pages.page_size,
                                               pages.page_size);
    TRY_ASSIGN(const std::size_t got, fs.read_at(log.file.handle(), into, offset));
    if (got < into.size()) {
      return Fail(Error{Errc::changed, 0, "read database", {}, {"its log was cut"}});
    }
  }
  return {};
}

bool is_there(Fs& fs, const std::string& path, const OpenFile& file) {
  const auto stat = fs.lstat(path);
  return stat && file.stamp.same_inode(*stat);
}

// Empty: it changed meanwhile.
Result<std::optional<std::vector<std::byte>>>
try_once(Fs& fs, const std::string& path, std::uint64_t limit) {
  const std::string log_path = path + "-wal";
  TRY_ASSIGN(const auto log, open_regular(fs, log_path, limit));
  TRY_ASSIGN(const LogHeader header, read_log_header(fs, log));
  TRY_ASSIGN(const auto database, open_regular(fs, path, limit));
  if (!database) {
    return Fail(Error{Errc::not_found, 0, "read database", path, {}});
  }
  TRY_ASSIGN(auto image, read_whole(fs, *database));
  Result<void> laid;
  if (log && !image.empty()) { // SQLite throws a log beside an empty file away
    TRY_ASSIGN(const LogPages pages, find_pages(fs, *log, header));
    laid = lay_over(fs, *log, pages, limit, image);
  }
  TRY_ASSIGN(const LogHeader after, read_log_header(fs, log));
  const auto stat = fs.lstat(path);
  bool same = stat && database->stamp.same_inode(*stat) && after == header;
  if (log) {
    same = same && is_there(fs, log_path, *log);
  } else { // nothing tells what was written but the file's own times
    same = same && database->stamp == FileStamp::of(*stat) && !fs.lstat(log_path);
  }
  if (!same || (!laid && laid.error().code == Errc::changed)) {
    return std::optional<std::vector<std::byte>>();
  }
  TRY(std::move(laid));
  if (image.size() > k_read_version_at) {
    image[k_write_version_at] = k_no_log;
    image[k_read_version_at] = k_no_log;
  }
  return std::optional(std::move(image));
}

} // namespace

Result<std::vector<std::byte>>
read_snapshot(Fs& fs, const std::string& path, std::uint64_t limit) {
  for (int nth = 0; nth < k_tries; ++nth) {
    auto image = try_once(fs, path, limit);
    if (!image) {
      return Fail(std::move(image.error()));
    }
    if (*image) {
      return std::move(**image);
    }
  }
  return Fail(Error{Errc::busy, 0, "read database", path, {"it keeps changing"}});
}

} // namespace coldpress
