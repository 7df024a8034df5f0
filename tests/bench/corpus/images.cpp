#include "tests/bench/corpus/images.hpp"

#include "tests/bench/corpus/text.hpp"

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

namespace coldpress::corpus {

namespace {

constexpr std::uint64_t k_mib = 1U << 20;

// What the other records may take, of what the compacted ones took: 10.1 % of the file.
constexpr double k_other_share = 0.1123;
// Of the other records, what pictures may take.
constexpr double k_picture_share = 0.46;
// Of the file, how long the pictures of a history fit 2 MiB.
constexpr double k_first_stretch = 0.055;
constexpr std::uint64_t k_anchor_bytes = 977'978;
constexpr std::uint64_t k_first_set_bytes = 1'900'000;
constexpr std::uint64_t k_later_set_bytes = 4'500'000;

constexpr double k_long_other_share = 0.04;
constexpr std::size_t k_long_pictures = 43;
constexpr std::size_t k_long_usual = 31;
constexpr std::size_t k_long_step = 3;

// What a history holds besides pictures: the messages since the start, the last 60.
class Messages {
public:
  explicit Messages(Rng rng) : rng_(rng) {
    while (texts_.size() < k_kept) {
      add();
    }
  }

  void add() {
    std::string text;
    append_prose(text, rng_, rng_.spread(1000, 8000));
    if (texts_.size() == k_kept) {
      texts_.erase(texts_.begin());
    }
    texts_.push_back(std::move(text));
  }

  const std::string& operator[](std::size_t i) const { return texts_[i % k_kept]; }
  static constexpr std::size_t k_kept = 60;

private:
  Rng rng_;
  std::vector<std::string> texts_;
};

std::string make_picture(Rng& rng, std::uint64_t chars) {
  std::string data = "iVBORw0KGgoAAAANSUhEUgAA";
  append_base64(data, rng, std::max<std::uint64_t>(chars, 64));
  return data;
}

void add_message(Lines& lines, std::string_view text) {
  lines.add(
      R"({"type":"message","role":"user","content":[{"type":"input_text","text":")");
  lines.add(text);
  lines.add(R"("}]})");
}

void add_picture(Lines& lines, std::string_view data) {
  lines.add(R"(,{"type":"message","role":"user","content":[{"type":"input_image",)"
            R"("image_url":"data:image/png;base64,)");
  lines.add(data);
  lines.add(R"("}]})");
}

using History = std::vector<const std::string*>;

// One compacted record: every message, the pictures spread between them.
void add_compacted(Lines& lines, const Messages& messages, const History& pictures) {
  lines.begin("compacted");
  lines.add(R"({"message":"","replacement_history":[)");
  std::size_t shown = 0;
  for (std::size_t i = 0; i < Messages::k_kept; ++i) {
    lines.add(i == 0 ? "" : ",");
    add_message(lines, messages[i]);
    const std::size_t due = pictures.size() * (i + 1) / Messages::k_kept;
    for (; shown < due; ++shown) {
      add_picture(lines, *pictures[shown]);
    }
  }
  lines.add("]}");
  lines.end();
}

// What the session's records took so far, by kind.
struct Spent {
  double compacted = 0;
  double others = 0;
  double pictures = 0; // of the others
};

// Adds to `where` what `write` made the file grow by.
template <class Write> void count(Lines& lines, double& where, Write write) {
  const std::uint64_t before = lines.size();
  write();
  where += static_cast<double>(lines.size() - before);
}

// An images session under way.
class Album {
public:
  Album(Lines& lines, Conversation& talk, Rng rng, std::uint64_t bytes)
      : lines_(lines), talk_(talk), rng_(rng), messages_(rng.child(1)), bytes_(bytes),
        // A short file has no room for a full set.
        first_set_(std::min(k_first_set_bytes, bytes / 40)),
        later_set_(std::min(k_later_set_bytes, bytes / 8)) {}

  void write() {
    count(lines_, spent_.others, [&] {
      take_picture(std::min(k_anchor_bytes, bytes_ / 80));
      take_picture(first_set_ - set_bytes_);
    });
    while (lines_.size() + set_bytes_ < bytes_ && !lines_.failed()) {
      count(lines_, spent_.compacted, [&] { compact(); });
      while (spent_.others < spent_.compacted * k_other_share && !lines_.failed()) {
        count(lines_, spent_.others, [&] { other(); });
      }
    }
    while (lines_.size() < bytes_ && !lines_.failed()) {
      talk_.step();
    }
  }

private:
  bool first_stretch() const {
    return spent_.compacted < k_first_stretch * static_cast<double>(bytes_);
  }

  // Shows a new picture that stays in the history.
  void take_picture(std::uint64_t chars) {
    set_.push_back(make_picture(rng_, chars));
    set_bytes_ += set_.back().size();
    count(lines_, spent_.pictures, [&] { talk_.show_image(set_.back()); });
  }

  void other() {
    if (spent_.pictures > spent_.others * k_picture_share) {
      talk_.step();
      return;
    }
    if (!first_stretch() && set_bytes_ < later_set_) {
      const std::uint64_t room = later_set_ - set_bytes_;
      take_picture(std::min(room, rng_.between(300'000, 900'000)));
      return;
    }
    const std::string once = make_picture(rng_, rng_.between(80'000, 500'000));
    count(lines_, spent_.pictures, [&] { talk_.show_image(once); });
  }

  void compact() {
    messages_.add();
    History history;
    for (const std::string& picture : set_) {
      history.push_back(&picture);
    }
    if (!first_stretch()) {
      history.insert(history.begin() + 1, &set_[1]);
    }
    add_compacted(lines_, messages_, history);
  }

  Lines& lines_;
  Conversation& talk_;
  Rng rng_;
  Messages messages_;
  std::uint64_t bytes_;
  std::uint64_t first_set_;
  std::uint64_t later_set_;
  std::vector<std::string> set_;
  std::uint64_t set_bytes_ = 0;
  Spent spent_;
};

} // namespace

void write_images(Lines& lines, Conversation& talk, Rng rng, std::uint64_t bytes) {
  Album(lines, talk, rng, bytes).write();
}

void write_long_images(Lines& lines, Conversation& talk, Rng rng, std::uint64_t bytes) {
  Messages messages(rng.child(1));
  std::vector<std::string> pictures;
  for (std::size_t i = 0; i < k_long_pictures; ++i) {
    pictures.push_back(make_picture(rng, rng.between(k_mib * 7 / 10, k_mib * 168 / 100)));
  }
  History shown;
  Spent spent;
  while (lines.size() < bytes && !lines.failed()) {
    const bool late = lines.size() > bytes / 100 * 88;
    const std::size_t most = late ? k_long_pictures : k_long_usual;
    for (std::size_t n = 0; n < k_long_step && shown.size() < most; ++n) {
      shown.push_back(&pictures[shown.size()]);
    }
    messages.add();
    count(lines, spent.compacted, [&] { add_compacted(lines, messages, shown); });
    while (spent.others < spent.compacted * k_long_other_share && !lines.failed()) {
      count(lines, spent.others, [&] { talk.step(); });
    }
  }
}

} // namespace coldpress::corpus
