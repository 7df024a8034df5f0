// Finding and reading, and what both faces share.
#include "fsutil/text.hpp"
#include "worker/rollout/find.hpp"
#include "worker/rollout/session_state.hpp"

#include "library/face/handles.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

using namespace coldpress;

namespace {

int kind_of(Errc code) {
  switch (code) {
  case Errc::not_found:
    return COLDPRESS_NOT_FOUND;
  case Errc::not_saved:
    return COLDPRESS_NOT_SAVED;
  case Errc::exists:
    return COLDPRESS_EXISTS;
  case Errc::busy:
    return COLDPRESS_BUSY;
  case Errc::changed:
    return COLDPRESS_CHANGED;
  case Errc::lost_lock:
    return COLDPRESS_LOST_LOCK;
  case Errc::no_space:
    return COLDPRESS_NO_SPACE;
  case Errc::denied:
    return COLDPRESS_DENIED;
  case Errc::corrupt:
    return COLDPRESS_CORRUPT;
  case Errc::invalid:
    return COLDPRESS_INVALID;
  case Errc::unsupported:
    return COLDPRESS_UNSUPPORTED;
  case Errc::io:
  case Errc::canceled:
    break;
  }
  return COLDPRESS_IO;
}

void put(coldpress_error& into, int kind, int sys, const std::string& text) {
  into.kind = kind;
  into.sys = sys;
  std::size_t length = std::min(text.size(), sizeof into.message - 1);
  while (length < text.size() && (static_cast<unsigned char>(text[length]) >> 6U) == 2) {
    length -= 1; // not within a character
  }
  std::memcpy(into.message, text.data(), length);
  into.message[length] = '\0';
}

void show(coldpress_line& into, const Line& line, std::string& type) {
  const LineFacts facts = scan_line(line.text, line.newline);
  type = facts.type;
  into = {line.text.data(),
          line.text.size(),
          line.offset,
          line.number,
          line.newline ? 1 : 0,
          static_cast<int>(facts.state),
          facts.ordinal ? 1 : 0,
          facts.ordinal.value_or(0),
          type.c_str()};
}

} // namespace

namespace coldpress {

void fill(coldpress_error* into, const Error& error) noexcept {
  if (into == nullptr) {
    return;
  }
  try {
    put(*into, kind_of(error.code), error.sys, printable(describe(error)));
  } catch (const std::exception& thrown) {
    fill(into, thrown);
  }
}

void fill(coldpress_error* into, const std::exception& error) noexcept {
  if (into != nullptr) {
    into->kind = COLDPRESS_IO;
    into->sys = 0;
    std::strncpy(into->message, error.what(), sizeof into->message - 1);
    into->message[sizeof into->message - 1] = '\0';
  }
}

Result<void> need(std::initializer_list<const void*> arguments) {
  if (std::find(arguments.begin(), arguments.end(), nullptr) != arguments.end()) {
    return Fail(Error{Errc::invalid, 0, "call", {}, {"an argument is NULL"}});
  }
  return {};
}

Result<std::string> find_one(coldpress_store& store, const char* what) {
  TRY_ASSIGN(const std::vector<std::string> found,
             find_in_home(store.fs, &store.home, what, store.knows));
  if (found.size() > 1) {
    Error error{Errc::invalid, 0, "find rollout", what, {"several rollouts; name one"}};
    error.context.insert(error.context.end(), found.begin(), found.end());
    return Fail(std::move(error));
  }
  return found.front();
}

} // namespace coldpress

int coldpress_abi(void) {
  return COLDPRESS_ABI;
}

const char* coldpress_version(void) {
  return COLDPRESS_VERSION;
}

int coldpress_store_open(int abi,
                         const char* home,
                         coldpress_store** store,
                         coldpress_error* error) {
  return guarded(error, [&]() -> Result<int> {
    TRY(need({home, store}));
    *store = nullptr;
    if (abi != COLDPRESS_ABI) {
      return Fail(Error{Errc::unsupported,
                        0,
                        "open store",
                        {},
                        {fmt::format("the library has ABI {}, the program was compiled "
                                     "for {}",
                                     COLDPRESS_ABI,
                                     abi)}});
    }
    auto made = std::make_unique<coldpress_store>();
    TRY_ASSIGN(made->home, made->fs.real_path(home));
    TRY_ASSIGN(HeldDir held, HeldDir::hold(made->fs, made->home));
    made->held.push_back(std::move(held));
    made->codex.emplace(made->fs, made->clock, made->home);
    *store = made.release();
    return 0;
  });
}

void coldpress_store_close(coldpress_store* store) {
  delete store;
}

void coldpress_store_ask(coldpress_store* store,
                         int (*knows)(const char* thread, void* context),
                         void* context) {
  if (store == nullptr) {
    return;
  }
  if (knows == nullptr) {
    store->knows = nullptr;
    return;
  }
  store->knows = [knows, context](const std::string& thread) {
    return knows(thread.c_str(), context) != 0;
  };
}

int coldpress_find(coldpress_store* store,
                   const char* what,
                   const char** path,
                   coldpress_error* error) {
  return guarded(error, [&]() -> Result<int> {
    TRY(need({store, what, path}));
    TRY_ASSIGN(store->answer, find_one(*store, what));
    *path = store->answer.c_str();
    return 0;
  });
}

int coldpress_list(coldpress_store* store,
                   int (*each)(const char* path, void* context),
                   void* context,
                   coldpress_error* error) {
  return guarded(error, [&]() -> Result<int> {
    TRY(need({store, reinterpret_cast<const void*>(each)}));
    Listed listed = list_rollouts(store->fs, store->home, Forms::any);
    for (const std::string& path : listed.plain_paths) {
      if (each(path.c_str(), context) != 0) {
        return 0;
      }
    }
    if (!listed.errors.empty()) {
      return Fail(std::move(listed.errors.front()));
    }
    return 0;
  });
}

int coldpress_reader_open(coldpress_store* store,
                          const char* what,
                          coldpress_reader** reader,
                          coldpress_error* error) {
  return guarded(error, [&]() -> Result<int> {
    TRY(need({store, what, reader}));
    TRY_ASSIGN(const std::string path, find_one(*store, what));
    TRY_ASSIGN(RolloutReader opened, RolloutReader::open(store->fs, store->clock, path));
    *reader = new coldpress_reader{LineReader(std::move(opened)), {}};
    return 0;
  });
}

int coldpress_reader_open_backward(coldpress_store* store,
                                   const char* what,
                                   coldpress_reader** reader,
                                   coldpress_error* error) {
  return guarded(error, [&]() -> Result<int> {
    TRY(need({store, what, reader}));
    TRY_ASSIGN(const std::string path, find_one(*store, what));
    TRY_ASSIGN(BackwardLineReader opened,
               BackwardLineReader::open(store->fs, store->clock, path));
    *reader = new coldpress_reader{std::move(opened), {}};
    return 0;
  });
}

int coldpress_reader_start_at(coldpress_reader* reader,
                              uint64_t offset,
                              coldpress_error* error) {
  return guarded(error, [&]() -> Result<int> {
    TRY(need({reader}));
    auto* forward = std::get_if<LineReader>(&reader->lines);
    if (forward == nullptr) {
      return Fail(Error{Errc::invalid, 0, "start at", {}, {"the reader goes backward"}});
    }
    TRY(forward->start_at(offset));
    return 0;
  });
}

int coldpress_reader_next(coldpress_reader* reader,
                          coldpress_line* line,
                          coldpress_error* error) {
  return guarded(error, [&]() -> Result<int> {
    TRY(need({reader, line}));
    TRY_ASSIGN(const auto next,
               std::visit([](auto& lines) { return lines.next(); }, reader->lines));
    if (!next) {
      return 0;
    }
    show(*line, *next, reader->type);
    return 1;
  });
}

void coldpress_reader_close(coldpress_reader* reader) {
  delete reader;
}

int coldpress_session_state(coldpress_store* store,
                            const char* what,
                            const char** value,
                            coldpress_error* error) {
  return guarded(error, [&]() -> Result<int> {
    TRY(need({store, what, value}));
    TRY_ASSIGN(const std::string path, find_one(*store, what));
    TRY_ASSIGN(SessionState state, read_session_state(store->fs, store->clock, path));
    store->answer = std::move(state.value);
    *value = store->answer.c_str();
    return static_cast<int>(state.kind);
  });
}
