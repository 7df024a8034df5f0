#include "tests/kill/appenders.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <stdexcept>

namespace coldpress {

namespace {

// So many in a row that every pause of the worker's is met, and files stay small.
constexpr std::uint64_t k_max_lines = 10'000;

int open_to_append(const std::string& path) {
  return ::open(path.c_str(), O_WRONLY | O_APPEND | O_CLOEXEC);
}

} // namespace

void Appenders::start(
    const DiskStore& store, int number, Root root, Manner manner, AfterLine after_line) {
  auto writer = std::make_unique<Writer>();
  writer->number = number;
  writer->path = store.rig().plain(number, root);
  writer->after_line = std::move(after_line);
  if (manner == Manner::keeps_open) {
    writer->kept_open = open_to_append(writer->path);
    if (writer->kept_open < 0) {
      throw std::runtime_error("cannot open " + writer->path);
    }
  }
  Writer& started = *writer;
  writers_.push_back(std::move(writer));
  started.thread = std::thread([this, &started] { write_lines(started); });
}

void Appenders::write_lines(Writer& writer) const {
  while (!stop_ && writer.lines < k_max_lines) {
    const int fd = writer.kept_open >= 0 ? writer.kept_open : open_to_append(writer.path);
    if (fd < 0) {
      return; // compressed: a real writer would make it plain again first
    }
    const std::string line =
        test_line(fmt::format("line {} of a writer", writer.lines + 1));
    if (::write(fd, line.data(), line.size()) == static_cast<ssize_t>(line.size())) {
      writer.appended += line;
      writer.lines += 1;
      if (writer.after_line) {
        writer.after_line(fd, writer.appended.size());
      }
    }
    if (fd != writer.kept_open) {
      ::close(fd);
    }
    std::this_thread::yield();
  }
}

void Appenders::stop() {
  stop_ = true;
  for (const auto& writer : writers_) {
    if (writer->thread.joinable()) {
      writer->thread.join();
    }
    if (writer->kept_open >= 0) {
      ::close(std::exchange(writer->kept_open, -1));
    }
  }
}

std::uint64_t Appenders::finish(DiskStore& store) {
  stop();
  std::uint64_t lines = 0;
  for (const auto& writer : writers_) {
    store.append(writer->number, writer->appended);
    store.forget_mtime(writer->number);
    lines += writer->lines;
  }
  writers_.clear();
  stop_ = false;
  return lines;
}

} // namespace coldpress
