// types HOME THREAD: counts the records of a thread by type, and shows the last line's.
#include <coldpress/coldpress.hpp>

#include <iostream>
#include <map>

int main(int argc, char** argv) {
  if (argc != 3) {
    std::cerr << "usage: types HOME THREAD\n";
    return 2;
  }
  try {
    coldpress::Store store(argv[1]);
    std::map<std::string, int> counts;
    coldpress::Reader lines = store.read(argv[2]);
    while (const auto line = lines.next()) {
      if (line->state == COLDPRESS_RECORD) {
        ++counts[std::string(line->type)];
      }
    }
    for (const auto& [type, count] : counts) {
      std::cout << count << " " << type << "\n";
    }
    if (const auto last = store.read_backward(argv[2]).next()) {
      std::cout << "last " << last->type << "\n";
    }
    return 0;
  } catch (const coldpress::Failure& failure) {
    std::cerr << "types: " << failure.what() << "\n";
    return failure.kind() == COLDPRESS_CORRUPT ? 4 : 1;
  }
}
