#include "worker/cli/html_file.hpp"

#include "fsutil/replace_file.hpp"
#include "worker/cli/say.hpp"

#include <span>

namespace coldpress {

namespace {

constexpr std::size_t k_mark_within = 1024;
constexpr std::string_view k_standard_output = "-";

Fail not_ours(const std::string& path, std::string why) {
  return Fail(Error{Errc::invalid,
                    0,
                    "write report",
                    path,
                    {std::move(why) + "; name another file, or remove it first"}});
}

Result<bool> is_ours(Fs& fs, const std::string& path) {
  TRY_ASSIGN(const FileHandle handle, fs.open_read(path));
  const File file(fs, handle);
  std::string text(k_mark_within, '\0');
  TRY(fs.read_at(handle, std::as_writable_bytes(std::span(text)), 0));
  return text.find(k_page_mark) != std::string::npos;
}

} // namespace

Result<void> write_page(Fs& fs, const std::string& path, std::string_view page) {
  constexpr std::uint32_t k_for_the_owner = 0600; // it names projects
  const auto old = fs.lstat(path);
  if (old && old->type != FileType::regular) {
    return not_ours(path, "it is not a regular file");
  }
  if (old) {
    TRY_ASSIGN(const bool ours, is_ours(fs, path));
    if (!ours) {
      return not_ours(path, "the file exists and is not a report of coldpress");
    }
  } else if (old.error().code != Errc::not_found) {
    return Fail(old.error());
  }
  return replace_file(fs, path, page, k_for_the_owner);
}

Result<void> put_page(Fs& fs, const std::string& path, std::string_view page) {
  if (path == k_standard_output) {
    print_data(page);
    return {};
  }
  TRY(write_page(fs, path, page));
  note("coldpress: report written to {}\n", printable(path));
  return {};
}

Result<void> check_page_place(bool json, const std::string& path) {
  return json && path == k_standard_output
             ? Fail(Error{Errc::invalid,
                          0,
                          "report",
                          "",
                          {"--json and --html - both write to standard output; give the "
                           "page a file"}})
             : Result<void>();
}

} // namespace coldpress
