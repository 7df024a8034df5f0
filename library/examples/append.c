/* append HOME THREAD RECORD: appends one record to a thread, as Codex would.
 *
 *   cc append.c $(pkg-config --cflags --libs coldpress)
 */
#include <coldpress.h>

#include <stdio.h>
#include <string.h>

static int failed(const coldpress_error *error) {
  fprintf(stderr, "append: %s\n", error->message);
  return error->kind == COLDPRESS_BUSY ? 75 : 1;
}

int main(int argc, char **argv) {
  coldpress_error error;
  coldpress_store *store;
  coldpress_lease *lease;
  coldpress_writer *writer;
  coldpress_report report;
  int code = 0;

  if (argc != 4) {
    fprintf(stderr, "usage: append HOME THREAD RECORD\n");
    return 2;
  }
  if (coldpress_store_open(COLDPRESS_ABI, argv[1], &store, &error) < 0) {
    return failed(&error);
  }
  if (coldpress_lease_acquire(store, argv[2], 5000, &lease, &error) < 0) {
    code = failed(&error);
  } else {
    if (coldpress_writer_open(store, lease, COLDPRESS_SYNC_BATCH, &writer, &error) < 0) {
      code = failed(&error);
    } else {
      if (coldpress_writer_append(writer, argv[3], strlen(argv[3]), &error) < 0 ||
          coldpress_writer_flush(writer, &report, &error) < 0) {
        code = failed(&error);
      } else {
        printf("%llu appended to %s\n", (unsigned long long)report.appended,
               coldpress_writer_path(writer));
      }
      coldpress_writer_close(writer);
    }
    coldpress_lease_release(lease);
  }
  coldpress_store_close(store);
  return code;
}
