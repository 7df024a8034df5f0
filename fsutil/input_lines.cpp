#include "fsutil/input_lines.hpp"

#include <unistd.h>

#include <cerrno>
#include <utility>

namespace coldpress {

namespace {

constexpr std::size_t k_piece = std::size_t{64} << 10U;

} // namespace

InputLines::InputLines(int descriptor, std::string name, std::size_t longest)
    : descriptor_(descriptor), name_(std::move(name)), longest_(longest) {}

// False at the end.
Result<bool> InputLines::fill() {
  buffer_.erase(0, std::exchange(begin_, 0));
  seen_ = buffer_.size();
  if (seen_ > longest_) {
    return Fail(Error{Errc::invalid, 0, "read", name_, {"a line is too long"}});
  }
  buffer_.resize(seen_ + k_piece);
  ssize_t got = 0;
  do {
    got = ::read(descriptor_, buffer_.data() + seen_, k_piece);
  } while (got < 0 && errno == EINTR);
  buffer_.resize(seen_ + static_cast<std::size_t>(got < 0 ? 0 : got));
  return got < 0 ? Result<bool>(Fail(Error::from_errno(errno, "read", name_))) : got > 0;
}

Result<std::optional<std::string>> InputLines::next() {
  for (;;) {
    const std::size_t end = buffer_.find('\n', seen_);
    if (end != std::string::npos) {
      std::string line = buffer_.substr(begin_, end - begin_);
      begin_ = seen_ = end + 1;
      return line;
    }
    if (!at_end_) {
      TRY_ASSIGN(const bool more, fill());
      at_end_ = !more;
      continue;
    }
    if (begin_ == buffer_.size()) {
      return std::nullopt;
    }
    seen_ = buffer_.size();
    return buffer_.substr(std::exchange(begin_, buffer_.size()));
  }
}

} // namespace coldpress
