#include "config/given.hpp"

#include "fsutil/fs.hpp"
#include "fsutil/text.hpp"

#include <utility>

namespace coldpress {

Fail refuse(std::string sentence) {
  return Fail(Error{Errc::invalid, 0, "config", {}, {std::move(sentence)}});
}

bool is_string(const Given& given) {
  return given.kind == ValueKind::text || given.kind == ValueKind::string;
}

Fail wrong_type(const Given& given, std::string_view write) {
  return refuse(fmt::format("this is {}; {}", given.noun, write));
}

Fail refuse_as(const Error& error) {
  return refuse(error.context.empty() ? "cannot be read" : error.context.front());
}

std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      out += '\\';
    }
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) {
      out += fmt::format("\\u{:04X}", static_cast<unsigned>(c));
    } else {
      out += c;
    }
  }
  return printable(out) + "\"";
}

Result<std::string> absolute_path(const std::string& written, const PathRules& rules) {
  if (written.empty()) {
    return refuse("a path is missing");
  }
  if (written.find('\0') != std::string::npos) {
    return refuse("a path cannot contain a zero byte");
  }
  std::string path = written;
  if (path == "~" || path.starts_with("~/")) {
    if (rules.home.empty()) {
      return refuse(fmt::format("\"{}\" needs $HOME, which is not set", printable(path)));
    }
    path.replace(0, 1, rules.home);
  } else if (path.starts_with("~")) {
    return refuse(fmt::format("\"{}\" names another user's home; write the whole path",
                              printable(path)));
  } else if (!path.starts_with("/")) {
    if (rules.base.empty()) {
      return refuse(fmt::format("\"{}\" is relative, and the current directory is gone",
                                printable(path)));
    }
    path = join_path(rules.base, path);
  }
  while (path.size() > 1 && path.ends_with('/')) {
    path.pop_back();
  }
  return path;
}

} // namespace coldpress
