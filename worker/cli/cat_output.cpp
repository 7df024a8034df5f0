#include "worker/cli/cat_output.hpp"

#include "worker/cli/ndjson.hpp"

#include <cerrno>
#include <cstdio>

namespace coldpress {

namespace {

Result<void> write_out(std::string_view text) {
  if (std::fwrite(text.data(), 1, text.size(), stdout) != text.size()) {
    return Fail(Error::from_errno(errno, "write", "standard output"));
  }
  return {};
}

std::string_view text_of(std::span<const std::byte> data) {
  return {reinterpret_cast<const char*>(data.data()), data.size()};
}

} // namespace

Result<void> CatOutput::take(std::span<const std::byte> data) {
  if (!json_) {
    return write_out(text_of(data));
  }
  std::string text;
  lines_.feed(data, [&](const LineInfo& line) { text += json_of(line) + "\n"; });
  return write_out(text);
}

Result<void> CatOutput::take_line(LinePlace place, std::string_view text, bool newline) {
  if (!json_) {
    TRY(write_out(text));
    return write_out("\n");
  }
  return write_out(
      json_of(LineInfo{place, text.size(), newline, scan_line(text, newline)}) + "\n");
}

Result<void> CatOutput::end_line() {
  if (!json_) {
    return {};
  }
  std::string text;
  lines_.finish([&](const LineInfo& line) { text = json_of(line) + "\n"; });
  return write_out(text);
}

Result<void> CatOutput::flush() {
  if (std::fflush(stdout) != 0) {
    return Fail(Error::from_errno(errno, "write", "standard output"));
  }
  return {};
}

} // namespace coldpress
