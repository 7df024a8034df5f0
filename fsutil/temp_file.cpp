#include "fsutil/temp_file.hpp"

#include <algorithm>
#include <random>

namespace coldpress {

namespace {

constexpr std::string_view k_part_suffix = ".coldpress-part";
constexpr std::size_t k_part_digits = 16;

std::string random_part_name() {
  constexpr std::string_view digits = "0123456789abcdef";
  std::random_device source;
  std::string name = ".";
  for (std::size_t i = 0; i < k_part_digits; ++i) {
    name += digits[source() % digits.size()];
  }
  return name.append(k_part_suffix);
}

} // namespace

bool is_part_name(std::string_view name) {
  if (name.size() != 1 + k_part_digits + k_part_suffix.size() || name[0] != '.' ||
      name.substr(1 + k_part_digits) != k_part_suffix) {
    return false;
  }
  const std::string_view digits = name.substr(1, k_part_digits);
  return digits.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

Result<void> remove_part(Fs& fs, const std::string& path) {
  return is_part_name(base_name(path))
             ? fs.unlink(path)
             : Fail(Error{Errc::invalid, 0, "remove temp file", path, {}});
}

Result<TempFile>
TempFile::create_beside(Fs& fs, const std::string& target, Naming naming) {
  const std::string dir = parent_dir(target);
  if (naming == Naming::unnamed) {
    auto unnamed = fs.create_unnamed(dir);
    if (unnamed) {
      return TempFile(fs, File(fs, *unnamed), {}, target);
    }
  }
  // Whatever the reason, the named form either works or says clearly why not.
  std::string part = join_path(dir, random_part_name());
  TRY_ASSIGN(const FileHandle handle, fs.create_new(part, 0600));
  TempFile temp(fs, File(fs, handle), std::move(part), target);
  // The lock tells a sweeper that the owner lives. A sweeper that came between the two
  // calls has unlinked the file: commit_new() would then fail, and nothing is lost.
  TRY(fs.try_lock(handle));
  return temp;
}

TempFile::TempFile(TempFile&& other) noexcept
    : fs_(std::exchange(other.fs_, nullptr)), file_(std::move(other.file_)),
      part_path_(std::exchange(other.part_path_, {})), target_(std::move(other.target_)) {
}

TempFile& TempFile::operator=(TempFile&& other) noexcept {
  if (this != &other) {
    discard();
    fs_ = std::exchange(other.fs_, nullptr);
    file_ = std::move(other.file_);
    part_path_ = std::exchange(other.part_path_, {});
    target_ = std::move(other.target_);
  }
  return *this;
}

TempFile::~TempFile() {
  discard();
}

void TempFile::discard() noexcept {
  if (fs_ != nullptr && !part_path_.empty()) {
    (void)fs_->unlink(part_path_); // what stays is swept: its owner is gone
    part_path_.clear();
  }
}

Result<void> TempFile::commit_new() {
  if (part_path_.empty()) {
    return fs_->link_handle(file_.handle(), target_);
  }
  TRY(move_new(*fs_, part_path_, target_));
  part_path_.clear();
  return {};
}

Result<std::string> TempFile::commit_exchange() {
  TRY(fs_->rename_exchange(part_path_, target_));
  return std::exchange(part_path_, {});
}

} // namespace coldpress
