#include "worker/catalog/search_query.hpp"

#include "fsutil/text.hpp"

#include <algorithm>

namespace coldpress {

namespace {

// Deeper than a person writes; FTS5's own limit is 256.
constexpr int k_deepest = 64;

bool is_space(char c) {
  return c == ' ' || (c >= '\t' && c <= '\r');
}

// At least one byte that the tokenizer may take: a letter, a digit, or not ASCII.
bool has_word(std::string_view text) {
  return std::any_of(text.begin(), text.end(), [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
           static_cast<unsigned char>(c) >= 0x80;
  });
}

std::string quoted(std::string_view text) {
  return "\"" + std::string(text) + "\"";
}

class Parser {
public:
  explicit Parser(std::string_view text) : text_(text) {}

  Result<std::string> all() {
    skip_space();
    if (at_ == text_.size()) {
      return wrong(0, "there is nothing to search for");
    }
    TRY_ASSIGN(std::string query, any_of());
    if (at_ < text_.size()) {
      return wrong(at_, "a closing parenthesis has no opening one");
    }
    return query;
  }

private:
  // Characters, not bytes.
  Fail wrong(std::size_t at, std::string_view what) const {
    const auto characters = std::count_if(
        text_.begin(), text_.begin() + static_cast<std::ptrdiff_t>(at), [](char c) {
          return (static_cast<unsigned char>(c) & 0xc0U) != 0x80U;
        });
    return Fail(Error{Errc::invalid,
                      0,
                      "read the query",
                      "",
                      {fmt::format("character {}: {}", characters + 1, what)}});
  }

  void skip_space() {
    while (at_ < text_.size() && is_space(text_[at_])) {
      at_ += 1;
    }
  }

  bool take_word(std::string_view word) {
    skip_space();
    const std::string_view rest = text_.substr(at_);
    if (!rest.starts_with(word) ||
        (rest.size() > word.size() && !is_space(rest[word.size()]) &&
         rest[word.size()] != '(' && rest[word.size()] != ')' &&
         rest[word.size()] != '"')) {
      return false;
    }
    at_ += word.size();
    return true;
  }

  bool at_operator() {
    const std::size_t here = at_;
    const bool is = take_word("AND") || take_word("OR") || take_word("NOT");
    at_ = here;
    skip_space();
    return is;
  }

  Result<std::string> any_of() {
    TRY_ASSIGN(std::string left, all_of());
    while (take_word("OR")) {
      TRY_ASSIGN(const std::string right, all_of());
      left = "(" + left + ") OR (" + right + ")";
    }
    return left;
  }

  // Words side by side are all wanted.
  Result<std::string> all_of() {
    TRY_ASSIGN(std::string left, one());
    for (;;) {
      skip_space();
      if (at_ == text_.size() || text_[at_] == ')') {
        return left;
      }
      if (take_word("NOT")) {
        TRY_ASSIGN(const std::string right, one());
        left = "(" + left + ") NOT (" + right + ")";
      } else if (take_word("AND") || !at_operator()) {
        TRY_ASSIGN(const std::string right, one());
        left = "(" + left + ") AND (" + right + ")";
      } else {
        return left; // OR
      }
    }
  }

  Result<std::string> one() {
    skip_space();
    const std::size_t begin = at_;
    if (at_ == text_.size()) {
      return wrong(at_, "a search term is missing at the end");
    }
    if (at_operator()) {
      return wrong(begin,
                   "an operator is in the place of a search term; quote it to search for "
                   "the word");
    }
    if (text_[at_] == '(') {
      return group();
    }
    if (text_[at_] == ')') {
      return wrong(at_, "a search term is missing before the parenthesis");
    }
    return text_[at_] == '"' ? phrase() : word();
  }

  Result<std::string> group() {
    const std::size_t begin = at_;
    at_ += 1;
    deep_ += 1;
    if (deep_ > k_deepest) {
      return wrong(begin, "the parentheses are nested too deep");
    }
    TRY_ASSIGN(const std::string inner, any_of());
    skip_space();
    if (at_ == text_.size()) {
      return wrong(begin, "this parenthesis is not closed");
    }
    at_ += 1;
    deep_ -= 1;
    return "(" + inner + ")";
  }

  Result<std::string> phrase() {
    const std::size_t begin = at_;
    const std::size_t end = text_.find('"', begin + 1);
    if (end == std::string_view::npos) {
      return wrong(begin, "this quote is not closed");
    }
    at_ = end + 1;
    return term(begin, text_.substr(begin + 1, end - begin - 1));
  }

  Result<std::string> word() {
    const std::size_t begin = at_;
    while (at_ < text_.size() && !is_space(text_[at_]) && text_[at_] != '(' &&
           text_[at_] != ')' && text_[at_] != '"' && text_[at_] != '*') {
      at_ += 1;
    }
    return term(begin, text_.substr(begin, at_ - begin));
  }

  Result<std::string> term(std::size_t begin, std::string_view words) {
    const bool prefix = at_ < text_.size() && text_[at_] == '*';
    at_ += prefix ? 1 : 0;
    if (!has_word(words)) {
      return wrong(begin, "there is no letter or digit in this");
    }
    return quoted(words) + (prefix ? " *" : "");
  }

  std::string_view text_;
  std::size_t at_ = 0;
  int deep_ = 0;
};

} // namespace

Result<std::string> fts_query(std::string_view text) {
  if (const std::size_t nul = text.find('\0'); nul != std::string_view::npos) {
    text = text.substr(0, nul);
  }
  return Parser(text).all();
}

} // namespace coldpress
