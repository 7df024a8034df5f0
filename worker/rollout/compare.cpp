#include "worker/rollout/compare.hpp"

#include <algorithm>
#include <cstring>
#include <vector>

namespace coldpress {

namespace {

constexpr std::size_t k_piece = std::size_t{256} << 10U;

struct Side {
  RolloutReader& reader;
  std::vector<std::byte> buffer = std::vector<std::byte>(k_piece);
  std::span<const std::byte> piece{};

  // An empty piece means the end.
  Result<void> fill() {
    TRY_ASSIGN(const std::size_t got, reader.read(buffer));
    piece = std::span<const std::byte>(buffer).first(got);
    return {};
  }
};

bool same_bytes(std::span<const std::byte> one, std::span<const std::byte> other) {
  return one.size() == other.size() &&
         (one.empty() || std::memcmp(one.data(), other.data(), one.size()) == 0);
}

// Of fewer bytes than a header nothing can be decoded.
bool declares_at_most(std::span<const std::byte> first_bytes, std::uint64_t size) {
  if (first_bytes.size() < k_frame_header_max) {
    return true;
  }
  const auto info = inspect_frame(first_bytes);
  return info && info->content_size && *info->content_size <= size;
}

} // namespace

class Comparer {
public:
  static Result<Comparison> compare(RolloutReader& first,
                                    RolloutReader& second,
                                    const std::function<Result<void>()>& go_on);
  static Result<std::optional<Comparison>>
  compare_beginning(Fs& fs,
                    const OpenForm& part,
                    RolloutReader& whole,
                    const std::function<Result<void>()>& go_on);
};

Result<Comparison> Comparer::compare(RolloutReader& first,
                                     RolloutReader& second,
                                     const std::function<Result<void>()>& go_on) {
  Side a{first};
  Side b{second};
  Comparison found(FileStamp::of(first.stat()), FileStamp::of(second.stat()));
  for (;;) {
    TRY(go_on());
    TRY(a.fill());
    TRY(b.fill());
    if (same_bytes(a.piece, b.piece)) {
      found.common_ += a.piece.size();
      if (a.piece.empty()) {
        return found;
      }
      continue;
    }
    const auto part =
        std::mismatch(a.piece.begin(), a.piece.end(), b.piece.begin(), b.piece.end());
    const bool a_ends = part.first == a.piece.end();
    const bool b_ends = part.second == b.piece.end();
    found.common_ += static_cast<std::uint64_t>(part.first - a.piece.begin());
    found.relation_ = a_ends   ? Relation::first_is_prefix
                      : b_ends ? Relation::second_is_prefix
                               : Relation::differ;
    return found;
  }
}

Result<std::optional<Comparison>>
Comparer::compare_beginning(Fs& fs,
                            const OpenForm& part,
                            RolloutReader& whole,
                            const std::function<Result<void>()>& go_on) {
  TRY_ASSIGN(const FileStat stat, fs.stat(part.file));
  TRY_ASSIGN(const bool begins, is_beginning_of(fs, part, whole, go_on));
  if (!begins) {
    return std::optional<Comparison>();
  }
  Comparison found(FileStamp::of(stat), FileStamp::of(whole.stat()));
  found.relation_ = Relation::first_is_prefix;
  return std::optional(std::move(found));
}

bool Comparison::covers(const FileStamp& victim, const FileStamp& keeper) const {
  const auto is = [](const FileStamp& read, const FileStamp& now) {
    return read.device == now.device && read.inode == now.inode &&
           read.size == now.size && read.mtime == now.mtime;
  };
  const bool in_order = is(first_, victim) && is(second_, keeper);
  const bool turned = is(second_, victim) && is(first_, keeper);
  switch (relation_) {
  case Relation::equal:
    return in_order || turned;
  case Relation::first_is_prefix:
    return in_order;
  case Relation::second_is_prefix:
    return turned;
  case Relation::differ:
    break;
  }
  return false;
}

Result<Comparison> compare_readers(RolloutReader& first,
                                   RolloutReader& second,
                                   const std::function<Result<void>()>& go_on) {
  return Comparer::compare(first, second, go_on);
}

Result<Comparison> compare_rollouts(Fs& fs,
                                    const std::string& first,
                                    const std::string& second,
                                    const std::stop_token& stop) {
  const ReadOptions quietly{PageCache::drop_behind, Frames::any};
  TRY_ASSIGN(RolloutReader a, RolloutReader::open_exact(fs, first, quietly));
  TRY_ASSIGN(RolloutReader b, RolloutReader::open_exact(fs, second, quietly));
  return compare_readers(a, b, [&]() -> Result<void> {
    return stop.stop_requested() ? Fail(Error{Errc::canceled, 0, "compare", first, {}})
                                 : Result<void>();
  });
}

Result<std::optional<Comparison>>
compare_beginning(Fs& fs,
                  const OpenForm& part,
                  RolloutReader& whole,
                  const std::function<Result<void>()>& go_on) {
  return Comparer::compare_beginning(fs, part, whole, go_on);
}

Result<std::optional<Comparison>> compare_cut_off(Fs& fs,
                                                  const std::string& compressed_path,
                                                  const std::string& plain_path) {
  TRY_ASSIGN(const FileHandle handle, fs.open_read(compressed_path));
  const File frame(fs, handle);
  TRY_ASSIGN(RolloutReader plain, RolloutReader::open_exact(fs, plain_path));
  std::vector<std::byte> header(k_frame_header_max);
  TRY_ASSIGN(const std::size_t got, fs.read_at(handle, header, 0));
  if (!declares_at_most(std::span<const std::byte>(header).first(got),
                        plain.stat().size)) {
    return std::optional<Comparison>();
  }
  return compare_beginning(fs,
                           {handle, compressed_path, Form::compressed},
                           plain,
                           []() -> Result<void> { return {}; });
}

} // namespace coldpress
