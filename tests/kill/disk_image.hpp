#pragma once

#include <string>

namespace coldpress {

// An image, open for reading and writing. Throws if it cannot be opened.
class OpenImage {
public:
  explicit OpenImage(const std::string& path);
  OpenImage(const OpenImage&) = delete;
  OpenImage& operator=(const OpenImage&) = delete;
  ~OpenImage();

  int fd() const { return fd_; }

private:
  int fd_;
};

// Copies an image; blocks of zeros become holes. `to` is written anew. Throws.
void copy_sparse(const std::string& from, const std::string& to);
// Byte for byte, wherever either has holes. Throws.
bool is_same_image(const std::string& one, const std::string& other);

} // namespace coldpress
