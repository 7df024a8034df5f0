// The same as coldpress.h for C++17 and later: objects that close themselves, and
// exceptions for failures. Read coldpress.h for what is promised.
#ifndef COLDPRESS_COLDPRESS_HPP
#define COLDPRESS_COLDPRESS_HPP

#include "../coldpress.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace coldpress {

// What a rollout says of its session's task: coldpress_session_state().
struct TaskState {
  bool recorded = false;            // or nobody ever said anything
  std::optional<std::string> value; // JSON text of an object; none: it was cleared
};

// A call that failed: kind() says what to do, what() why.
class Failure : public std::runtime_error {
public:
  explicit Failure(const coldpress_error& error)
      : std::runtime_error(error.message), kind_(static_cast<coldpress_kind>(error.kind)),
        sys_(error.sys) {}
  coldpress_kind kind() const { return kind_; }
  int sys() const { return sys_; } // errno, 0 if there is none

private:
  coldpress_kind kind_;
  int sys_;
};

// What a record that a reader gives holds. `text` and `type` are good until the next.
struct LineView {
  std::string_view text; // without its newline
  std::uint64_t offset;  // in the plain form
  std::uint64_t number;  // from 1; 0 if not counted
  bool newline;
  coldpress_state state;
  std::optional<std::uint64_t> ordinal;
  std::string_view type;
};

namespace detail {

template <class Call> int checked(Call call) {
  coldpress_error error{};
  const int result = call(&error);
  if (result < 0) {
    throw Failure(error);
  }
  return result;
}

struct Close {
  void operator()(coldpress_store* store) const { coldpress_store_close(store); }
  void operator()(coldpress_reader* reader) const { coldpress_reader_close(reader); }
  void operator()(coldpress_lease* lease) const { coldpress_lease_release(lease); }
  void operator()(coldpress_writer* writer) const { coldpress_writer_close(writer); }
};

} // namespace detail

// Lines of one rollout.
class Reader {
public:
  std::optional<LineView> next() {
    coldpress_line line{};
    const int got = detail::checked([&](coldpress_error* error) {
      return coldpress_reader_next(reader_.get(), &line, error);
    });
    if (got == 0) {
      return std::nullopt;
    }
    return LineView{std::string_view(line.text, line.length),
                    line.offset,
                    line.number,
                    line.newline != 0,
                    static_cast<coldpress_state>(line.state),
                    line.has_ordinal != 0 ? std::optional(line.ordinal) : std::nullopt,
                    line.type};
  }
  void start_at(std::uint64_t offset) {
    detail::checked([&](coldpress_error* error) {
      return coldpress_reader_start_at(reader_.get(), offset, error);
    });
  }

private:
  friend class Store;
  explicit Reader(coldpress_reader* reader) : reader_(reader) {}
  std::unique_ptr<coldpress_reader, detail::Close> reader_;
};

// A thread's writer lock, given back at the end of its life.
class Lease {
public:
  std::string thread() const { return coldpress_lease_thread(lease_.get()); }

private:
  friend class Store;
  explicit Lease(coldpress_lease* lease) : lease_(lease) {}
  std::unique_ptr<coldpress_lease, detail::Close> lease_;
};

// Appends to one rollout. The lease it was made with outlives it.
class Writer {
public:
  void append(std::string_view record) {
    detail::checked([&](coldpress_error* error) {
      return coldpress_writer_append(writer_.get(), record.data(), record.size(), error);
    });
  }
  // Queues a session_state record; no value clears it.
  void append_session_state(const std::optional<std::string>& value) {
    detail::checked([&](coldpress_error* error) {
      return coldpress_writer_append_session_state(
          writer_.get(), value ? value->c_str() : nullptr, error);
    });
  }
  // On failure `done`, if given, says what was written before it.
  coldpress_report flush(coldpress_report* done = nullptr) {
    coldpress_report report{};
    coldpress_report& into = done != nullptr ? *done : report;
    detail::checked([&](coldpress_error* error) {
      return coldpress_writer_flush(writer_.get(), &into, error);
    });
    return into;
  }
  coldpress_report persist(coldpress_report* done = nullptr) {
    coldpress_report report{};
    coldpress_report& into = done != nullptr ? *done : report;
    detail::checked([&](coldpress_error* error) {
      return coldpress_writer_persist(writer_.get(), &into, error);
    });
    return into;
  }
  // coldpress_writer_observe(). Must not throw.
  using Appended = std::function<void(std::uint64_t offset, std::string_view text)>;
  void observe(Appended appended) {
    if (!appended) {
      coldpress_writer_observe(writer_.get(), nullptr, nullptr);
      return;
    }
    appended_ = std::make_unique<Appended>(std::move(appended));
    const auto call = [](std::uint64_t offset,
                         const char* text,
                         std::size_t length,
                         void* context) noexcept {
      (*static_cast<Appended*>(context))(offset, std::string_view(text, length));
    };
    coldpress_writer_observe(writer_.get(), call, appended_.get());
  }
  // Not of one that was moved from.
  std::string path() const { return coldpress_writer_path(writer_.get()); }
  std::size_t queued() const { return coldpress_writer_queued(writer_.get()); }

private:
  friend class Store;
  explicit Writer(coldpress_writer* writer) : writer_(writer) {}
  std::unique_ptr<Appended> appended_;
  std::unique_ptr<coldpress_writer, detail::Close> writer_;
};

// A Codex home. It outlives what comes from it.
class Store {
public:
  explicit Store(const std::string& home) {
    coldpress_store* store = nullptr;
    detail::checked([&](coldpress_error* error) {
      return coldpress_store_open(COLDPRESS_ABI, home.c_str(), &store, error);
    });
    store_.reset(store);
  }

  // Whom to ask about threads that have no rollout: coldpress_store_ask(). Must not
  // throw.
  using Knows = std::function<bool(const std::string& thread)>;
  void ask(Knows knows) {
    if (!knows) {
      coldpress_store_ask(store_.get(), nullptr, nullptr);
      return;
    }
    knows_ = std::make_unique<Knows>(std::move(knows));
    const auto call = [](const char* thread, void* context) noexcept {
      return (*static_cast<Knows*>(context))(thread) ? 1 : 0;
    };
    coldpress_store_ask(store_.get(), call, knows_.get());
  }

  std::string find(const std::string& what) {
    const char* path = nullptr;
    detail::checked([&](coldpress_error* error) {
      return coldpress_find(store_.get(), what.c_str(), &path, error);
    });
    return path;
  }
  // Where a directory cannot be listed it throws; `found` has what was found elsewhere.
  std::vector<std::string> list(std::vector<std::string>* found = nullptr) {
    std::vector<std::string> mine;
    std::vector<std::string>& paths = found != nullptr ? *found : mine;
    const auto add = [](const char* path, void* into) noexcept {
      static_cast<std::vector<std::string>*>(into)->emplace_back(path);
      return 0;
    };
    detail::checked([&](coldpress_error* error) {
      return coldpress_list(store_.get(), add, &paths, error);
    });
    return paths;
  }

  Reader read(const std::string& what) {
    coldpress_reader* reader = nullptr;
    detail::checked([&](coldpress_error* error) {
      return coldpress_reader_open(store_.get(), what.c_str(), &reader, error);
    });
    return Reader(reader);
  }
  Reader read_backward(const std::string& what) {
    coldpress_reader* reader = nullptr;
    detail::checked([&](coldpress_error* error) {
      return coldpress_reader_open_backward(store_.get(), what.c_str(), &reader, error);
    });
    return Reader(reader);
  }

  TaskState session_state(const std::string& what) {
    const char* value = nullptr;
    const int answer = detail::checked([&](coldpress_error* error) {
      return coldpress_session_state(store_.get(), what.c_str(), &value, error);
    });
    return {answer > 0, answer == 2 ? std::optional<std::string>(value) : std::nullopt};
  }

  Lease lease(const std::string& thread, int wait_milliseconds = 0) {
    coldpress_lease* lease = nullptr;
    detail::checked([&](coldpress_error* error) {
      return coldpress_lease_acquire(
          store_.get(), thread.c_str(), wait_milliseconds, &lease, error);
    });
    return Lease(lease);
  }
  Writer write(Lease& lease, coldpress_sync sync = COLDPRESS_SYNC_BATCH) {
    coldpress_writer* writer = nullptr;
    detail::checked([&](coldpress_error* error) {
      return coldpress_writer_open(
          store_.get(), lease.lease_.get(), sync, &writer, error);
    });
    return Writer(writer);
  }
  Writer create(Lease& lease, coldpress_sync sync = COLDPRESS_SYNC_BATCH) {
    coldpress_writer* writer = nullptr;
    detail::checked([&](coldpress_error* error) {
      return coldpress_writer_create(
          store_.get(), lease.lease_.get(), sync, &writer, error);
    });
    return Writer(writer);
  }

private:
  std::unique_ptr<Knows> knows_;
  std::unique_ptr<coldpress_store, detail::Close> store_;
};

} // namespace coldpress

#endif
