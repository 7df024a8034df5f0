#include "worker/rollout/head.hpp"
#include "worker/rollout/name.hpp"
#include "worker/rollout/session_state.hpp"

#include "library/face/handles.hpp"

#include <utility>

using namespace coldpress;

namespace {

Result<WriterOptions> options_of(int sync) {
  if (sync < COLDPRESS_SYNC_NONE || sync > COLDPRESS_SYNC_RECORD) {
    return Fail(Error{Errc::invalid, 0, "open writer", {}, {"unknown sync policy"}});
  }
  WriterOptions options;
  options.sync = static_cast<SyncPolicy>(sync);
  return options;
}

void show(coldpress_report* into, const AppendReport& done) {
  if (into != nullptr) {
    *into = {done.appended,
             done.last_ordinal ? 1 : 0,
             done.first_ordinal.value_or(0),
             done.last_ordinal.value_or(0),
             done.repaired_tail ? 1 : 0,
             done.torn,
             done.shared_lines};
  }
}

} // namespace

int coldpress_lease_acquire(coldpress_store* store,
                            const char* thread,
                            int wait_milliseconds,
                            coldpress_lease** lease,
                            coldpress_error* error) {
  return guarded(error, [&]() -> Result<int> {
    TRY(need({store, thread, lease}));
    auto path = find_one(*store, thread);
    const bool fresh = !path && has_no_rollout(path.error().code) && is_uuid(thread);
    if (!path && !fresh) {
      return Fail(std::move(path.error()));
    }
    Result<std::string> id = fresh ? Result<std::string>(lower_case(thread))
                                   : read_thread_id(store->fs, store->clock, *path);
    TRY(id);
    TRY_ASSIGN(ThreadLock lock,
               ThreadLock::acquire(store->fs,
                                   store->clock,
                                   *store->codex,
                                   *id,
                                   std::chrono::milliseconds(wait_milliseconds)));
    *lease = new coldpress_lease{std::move(lock), fresh ? std::string() : *path};
    return 0;
  });
}

void coldpress_lease_release(coldpress_lease* lease) {
  delete lease;
}

const char* coldpress_lease_thread(const coldpress_lease* lease) {
  return lease != nullptr ? lease->lock.thread_id().c_str() : nullptr;
}

int coldpress_writer_open(coldpress_store* store,
                          coldpress_lease* lease,
                          int sync,
                          coldpress_writer** writer,
                          coldpress_error* error) {
  return guarded(error, [&]() -> Result<int> {
    TRY(need({store, lease, writer}));
    TRY_ASSIGN(WriterOptions options, options_of(sync));
    // Archived or created since the lease was taken, it is somewhere else.
    const std::string known = lease->path.empty() ? lease->lock.thread_id() : lease->path;
    auto path = find_one(*store, known.c_str());
    if (!path && path.error().code == Errc::not_found) {
      path = find_one(*store, lease->lock.thread_id().c_str());
    }
    TRY_ASSIGN(lease->path, std::move(path));
    TRY_ASSIGN(RolloutWriter opened,
               RolloutWriter::open(store->fs,
                                   store->clock,
                                   *store->codex,
                                   &lease->lock,
                                   lease->path,
                                   std::move(options)));
    *writer = new coldpress_writer{std::move(opened)};
    return 0;
  });
}

int coldpress_writer_create(coldpress_store* store,
                            coldpress_lease* lease,
                            int sync,
                            coldpress_writer** writer,
                            coldpress_error* error) {
  return guarded(error, [&]() -> Result<int> {
    TRY(need({store, lease, writer}));
    TRY_ASSIGN(WriterOptions options, options_of(sync));
    if (!lease->path.empty()) {
      return Fail(Error{Errc::exists,
                        0,
                        "create writer",
                        lease->path,
                        {"the thread already has a rollout"}});
    }
    *writer = new coldpress_writer{RolloutWriter::create(
        store->fs,
        store->clock,
        lease->lock,
        new_rollout_path(store->home, store->clock.wall(), lease->lock.thread_id()),
        std::move(options))};
    return 0;
  });
}

int coldpress_writer_append(coldpress_writer* writer,
                            const char* record,
                            size_t length,
                            coldpress_error* error) {
  return guarded(error, [&]() -> Result<int> {
    TRY(need({writer, record}));
    TRY(writer->writer.append(std::string_view(record, length)));
    return 0;
  });
}

int coldpress_writer_append_session_state(coldpress_writer* writer,
                                          const char* value,
                                          coldpress_error* error) {
  return guarded(error, [&]() -> Result<int> {
    TRY(need({writer}));
    if (value != nullptr) {
      TRY(check_record(value));
    }
    const auto task =
        value != nullptr ? std::optional<std::string_view>(value) : std::nullopt;
    TRY(writer->writer.append(session_state_record(SystemClock().wall(), task)));
    return 0;
  });
}

int coldpress_writer_flush(coldpress_writer* writer,
                           coldpress_report* report,
                           coldpress_error* error) {
  return guarded(error, [&]() -> Result<int> {
    TRY(need({writer}));
    AppendReport done;
    const auto flushed = writer->writer.flush(done);
    show(report, done);
    TRY(flushed);
    return 0;
  });
}

int coldpress_writer_persist(coldpress_writer* writer,
                             coldpress_report* report,
                             coldpress_error* error) {
  return guarded(error, [&]() -> Result<int> {
    TRY(need({writer}));
    show(report, AppendReport());
    TRY_ASSIGN(const AppendReport done, writer->writer.persist());
    show(report, done);
    return 0;
  });
}

void coldpress_writer_observe(
    coldpress_writer* writer,
    void (*appended)(uint64_t offset, const char* text, size_t length, void* context),
    void* context) {
  if (writer == nullptr) {
    return;
  }
  if (appended == nullptr) {
    writer->writer.observe({});
    return;
  }
  writer->writer.observe([appended, context](const AppendedLines& lines) {
    appended(lines.offset, lines.text.data(), lines.text.size(), context);
  });
}

const char* coldpress_writer_path(const coldpress_writer* writer) {
  return writer != nullptr ? writer->writer.path().c_str() : nullptr;
}

size_t coldpress_writer_queued(const coldpress_writer* writer) {
  return writer != nullptr ? writer->writer.queued() : 0;
}

void coldpress_writer_close(coldpress_writer* writer) {
  delete writer;
}
