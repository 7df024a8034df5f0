/* libcoldpress: find, read and append to Codex rollouts, plain or compressed.
 *
 * A rollout is a file of lines, each one JSON object: `rollout-....jsonl`, or the same
 * compressed, `rollout-....jsonl.zst`. A program that uses this library need not know
 * which of the two there is. Readers take no lock. A writer holds its thread's lock, as
 * Codex does, so that neither Codex nor a coldpress works on the thread meanwhile.
 *
 * Every function that can fail returns an int: 0 or more is success, -1 failure with the
 * reason in *error, which may be NULL and is not touched otherwise; what a failed call
 * was to give out is not set. A NULL that has to be an object is COLDPRESS_INVALID;
 * functions that return something else do nothing then and return NULL or 0. No exception
 * leaves the library. Pointers that a function gives out are good until the next call on
 * the same object, unless it says otherwise. One object is used by one thread at a time;
 * different objects by different threads. Close what was opened from a store before the
 * store, and the writers of a lease before the lease: to use them later is undefined.
 *
 * Pass COLDPRESS_ABI to coldpress_store_open(): a library that does not fit what you were
 * compiled with refuses there.
 */
#ifndef COLDPRESS_H
#define COLDPRESS_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Raised when a function or struct changes in a way that breaks a compiled program. */
#define COLDPRESS_ABI 0
#if defined(__GNUC__)
#define COLDPRESS_API __attribute__((visibility("default")))
#else
#define COLDPRESS_API
#endif

/* What to do about a failure. Values are never given another meaning; there may be more.
 */
enum coldpress_kind {
  COLDPRESS_NOT_FOUND = 1, /* no such rollout */
  COLDPRESS_EXISTS = 2,    /* the rollout is there already */
  COLDPRESS_BUSY = 3,      /* the thread has a writer: try again later */
  COLDPRESS_CHANGED = 4,   /* the file was moved, removed, cut or replaced meanwhile: what
                              a report counts is in the file that had the name; to flush
                              again goes on in the one that has it then */
  COLDPRESS_LOST_LOCK = 5, /* the lock file was removed: stop writing */
  COLDPRESS_NO_SPACE = 6,  /* try again when there is room; nothing queued is lost */
  COLDPRESS_DENIED = 7,    /* permissions */
  COLDPRESS_IO = 8,        /* the disk */
  COLDPRESS_CORRUPT = 9,   /* a damaged .zst, which is kept; the message has the offset.
                              What was read before may be damaged, too: its checksum
                              comes last */
  COLDPRESS_INVALID = 10,  /* an argument, or a record that is none */
  COLDPRESS_UNSUPPORTED = 11, /* not what this library handles: the message says why */
  COLDPRESS_NOT_SAVED = 12 /* the thread has no turn so far, and so no rollout: there is
                              nothing to read, archive, fork or resume yet */
};

typedef struct coldpress_error {
  int kind;          /* enum coldpress_kind */
  int sys;           /* errno, 0 if there is none */
  char message[504]; /* one line: what failed, on which file, why, and what to do */
} coldpress_error;

/* The ABI of the library that is loaded. */
COLDPRESS_API int coldpress_abi(void);
/* Its version, "0.1.0". */
COLDPRESS_API const char* coldpress_version(void);

/* ---- finding ---------------------------------------------------------------------- */

typedef struct coldpress_store coldpress_store;

/* A Codex home, usually ~/.codex. Creates nothing. `abi` is COLDPRESS_ABI. */
COLDPRESS_API int coldpress_store_open(int abi,
                                       const char* home,
                                       coldpress_store** store,
                                       coldpress_error* error);
COLDPRESS_API void coldpress_store_close(coldpress_store* store);

/* A thread that has a lock file but no rollout is COLDPRESS_NOT_SAVED. Codex knows
 * others, too: `knows` is asked about each thread id that no rollout was found for, and
 * returns other than 0 if Codex's database has it. Good as long as the store; NULL:
 * nobody is asked. */
COLDPRESS_API void coldpress_store_ask(coldpress_store* store,
                                       int (*knows)(const char* thread, void* context),
                                       void* context);

/* The rollout that `what` names: a thread id, a file name or a path, with or without
 * .zst. A path may lead to any file, also outside the home. Both trees are searched, the
 * archived one too. *path is that of the plain form, which need not exist: the .zst may
 * stand in its place. Good until the next call on `store`. COLDPRESS_INVALID: `what` is
 * empty, or several rollouts are called so. Where a directory cannot be listed, the error
 * of that, unless it was found elsewhere. */
COLDPRESS_API int coldpress_find(coldpress_store* store,
                                 const char* what,
                                 const char** path,
                                 coldpress_error* error);

/* Calls `each` for every rollout of the store, once whichever forms it has, by its plain
 * path; ends early if that returns other than 0. Folders that could not be listed make it
 * fail after the rest. */
COLDPRESS_API int coldpress_list(coldpress_store* store,
                                 int (*each)(const char* path, void* context),
                                 void* context,
                                 coldpress_error* error);

/* ---- reading ---------------------------------------------------------------------- */

typedef struct coldpress_reader coldpress_reader;

enum coldpress_state {
  COLDPRESS_RECORD = 0, /* one whole JSON object in good UTF-8 */
  COLDPRESS_BLANK = 1,  /* white space */
  COLDPRESS_BAD = 2,    /* anything else; skip it, as Codex does */
  COLDPRESS_TORN = 3    /* anything else at the end of the file, without a newline */
};

typedef struct coldpress_line {
  const char* text; /* not ended by NUL, and without its newline */
  size_t length;    /* of text, in bytes */
  uint64_t offset;  /* of its first byte in the plain form */
  uint64_t number;  /* from 1; 0 where lines were not counted */
  int newline;      /* 0: it is the last line and has none */
  int state;        /* enum coldpress_state */
  int has_ordinal;  /* then `ordinal` is the record's */
  uint64_t ordinal;
  const char* type; /* of the record, "" if it has none */
} coldpress_line;

/* What the reader opened it keeps: a change of form meanwhile does not show, nor do lines
 * that are appended once it has said that there is none. */
COLDPRESS_API int coldpress_reader_open(coldpress_store* store,
                                        const char* what,
                                        coldpress_reader** reader,
                                        coldpress_error* error);
/* The same, from the last line to the first. */
COLDPRESS_API int coldpress_reader_open_backward(coldpress_store* store,
                                                 const char* what,
                                                 coldpress_reader** reader,
                                                 coldpress_error* error);
/* The next line is the first that begins at `offset` or behind it. COLDPRESS_INVALID once
 * a line was asked for, and backward. */
COLDPRESS_API int coldpress_reader_start_at(coldpress_reader* reader,
                                            uint64_t offset,
                                            coldpress_error* error);
/* 1: *line is the next line; 0: there is none; -1. Lines of a damaged .zst are given out
 * before the damage shows: only a 0 says that all of them were good. */
COLDPRESS_API int coldpress_reader_next(coldpress_reader* reader,
                                        coldpress_line* line,
                                        coldpress_error* error);
COLDPRESS_API void coldpress_reader_close(coldpress_reader* reader);

/* ---- writing ---------------------------------------------------------------------- */

typedef struct coldpress_lease coldpress_lease;
typedef struct coldpress_writer coldpress_writer;

/* The writer lock of a thread, waited for as long as that: 0 or less asks once, and a
 * thread with a writer is COLDPRESS_BUSY. Codex's own files are used for it, below .tmp/
 * and thread-writer-locks/ of the home. Several writers may share a lease. `thread` is a
 * thread id, which need not have a rollout yet, or names a rollout as in
 * coldpress_find(). */
COLDPRESS_API int coldpress_lease_acquire(coldpress_store* store,
                                          const char* thread,
                                          int wait_milliseconds,
                                          coldpress_lease** lease,
                                          coldpress_error* error);
COLDPRESS_API void coldpress_lease_release(coldpress_lease* lease);
COLDPRESS_API const char* coldpress_lease_thread(const coldpress_lease* lease);

enum coldpress_sync {
  COLDPRESS_SYNC_NONE = 0,
  COLDPRESS_SYNC_BATCH = 1, /* at the end of each flush */
  COLDPRESS_SYNC_RECORD = 2
};

typedef struct coldpress_report {
  uint64_t appended; /* records written by this call */
  int has_ordinals;  /* then the next two are the first's and the last's */
  uint64_t first_ordinal;
  uint64_t last_ordinal;
  int repaired_tail; /* a line that lacked its newline was closed, of whoever */
  uint64_t torn;     /* half records that failed writes of this call left; each stays in
                        the file as a bad line, and its record is written again */
  uint64_t shared_lines; /* of these, how many share a line with another writer's */
} coldpress_report;

/* To append to the rollout of the lease's thread. A .zst is made plain first. The file is
 * read once. */
COLDPRESS_API int coldpress_writer_open(coldpress_store* store,
                                        coldpress_lease* lease,
                                        int sync,
                                        coldpress_writer** writer,
                                        coldpress_error* error);
/* A thread that has no rollout yet: nothing is on disk before coldpress_writer_persist().
 * Its path is known at once: of now, in the local time, as Codex names them. */
COLDPRESS_API int coldpress_writer_create(coldpress_store* store,
                                          coldpress_lease* lease,
                                          int sync,
                                          coldpress_writer** writer,
                                          coldpress_error* error);
/* Queues one record: one JSON object on one line, without newline. In a rollout with
 * ordinals (`paginated`) the writer adds the next one to records of the types that Codex
 * reads (session_meta, response_item, event_msg, turn_context, compacted, world_state,
 * token_usage_record, inter_agent_communication), and nothing to others. A record may
 * bring the ordinal that will be its own; with any other, flush refuses and drops it. */
COLDPRESS_API int coldpress_writer_append(coldpress_writer* writer,
                                          const char* record,
                                          size_t length,
                                          coldpress_error* error);
/* Writes what is queued, in order. On failure *report says what was written before it,
 * and the rest stays queued: call again. (COLDPRESS_INVALID has dropped the first of it.)
 * Nothing, of a thread that was created and not persisted. `report` may be NULL. */
COLDPRESS_API int coldpress_writer_flush(coldpress_writer* writer,
                                         coldpress_report* report,
                                         coldpress_error* error);
/* Makes a rollout that was created, with all that is queued, in one step; the first
 * record must be the thread's session_meta, or nothing is made (close the writer, and
 * begin again). Nothing queued: nothing is made. Later and for others the same as flush.
 */
COLDPRESS_API int coldpress_writer_persist(coldpress_writer* writer,
                                           coldpress_report* report,
                                           coldpress_error* error);
/* From here on `appended` is called by flush and persist with the lines that have come to
 * the end of the rollout since, of this writer and of others, once and in order, after
 * they were synced by the policy: `text` begins at byte `offset` of the plain form and
 * ends with a newline; it begins with a line, or with the rest of one that had no end
 * before. Bytes are missing between two calls where the file was replaced meanwhile, or
 * where more than 64 MiB came at once: the offsets tell. `appended` must not call the
 * writer. NULL: nobody is told. */
COLDPRESS_API void coldpress_writer_observe(
    coldpress_writer* writer,
    void (*appended)(uint64_t offset, const char* text, size_t length, void* context),
    void* context);
/* Of the plain form; good as long as the writer. */
COLDPRESS_API const char* coldpress_writer_path(const coldpress_writer* writer);
COLDPRESS_API size_t coldpress_writer_queued(const coldpress_writer* writer);
/* What is still queued is lost: flush before. */
COLDPRESS_API void coldpress_writer_close(coldpress_writer* writer);

/* ---- session state ---------------------------------------------------------------- */

/* The last `session_state` record of a rollout that has an `agent_task`. 0: nothing was
 * ever recorded; 1: it was cleared (null); 2: *value is the JSON text of it, good until
 * the next call on `store`. Otherwise *value is "". */
COLDPRESS_API int coldpress_session_state(coldpress_store* store,
                                          const char* what,
                                          const char** value,
                                          coldpress_error* error);
/* Queues the record that says so: `value` is one JSON object on one line, or NULL, which
 * clears it. Codex gives such a record no ordinal, nor does this. A fork of Codex may
 * begin with a copy of its parent's: clear that. */
COLDPRESS_API int coldpress_writer_append_session_state(coldpress_writer* writer,
                                                        const char* value,
                                                        coldpress_error* error);

#ifdef __cplusplus
}
#endif

#endif
