// session_task HOME NEW OWN: the task of a session, and an observer of a writer, over the
// installed library.
#include <coldpress/session_task.hpp>

#include <atomic>
#include <iostream>

namespace {

using namespace coldpress;

int faults = 0;

void check(const char* what, bool good) {
  if (!good) {
    std::cout << "FAULT " << what << "\n";
    faults += 1;
  }
}

// Counts the attempts; the first `failures` of them fail.
struct Server {
  std::atomic<int> asked{0};
  int failures = 0;
  SessionTask::Make make() {
    return [this] {
      const int nth = ++asked;
      if (nth <= failures) {
        throw std::runtime_error("no answer");
      }
      return "{\"n\":" + std::to_string(nth) + "}";
    };
  }
};

template <class Call> bool throws(Call call) {
  try {
    call();
    return false;
  } catch (const std::exception&) {
    return true;
  }
}

void a_new_thread(Store& store, const std::string& thread) {
  Server server;
  server.failures = 2;
  Lease lease = store.lease(thread);
  Writer writer = store.create(lease);
  writer.append("{\"timestamp\":\"t\",\"type\":\"session_meta\",\"payload\":{\"id\":\"" +
                thread +
                "\",\"cli_version\":\"0.171.0\",\"history_mode\":\"paginated\"}}");
  SessionTask task(store, thread, server.make());
  check("nothing is known of a new thread", !task.known());
  task.prewarm();
  task.prewarm();
  check("who uses it sees that it failed", throws([&] { task.value(writer); }));
  check("an attempt in the background, one for the user", server.asked == 2);
  check("nothing was queued", writer.queued() == 1);
  check("the next use tries again", task.value(writer) == "{\"n\":3}");
  check("it is made once", task.value(writer) == "{\"n\":3}" && server.asked == 3);
  check("one record is queued", writer.queued() == 2);
  writer.persist();
}

void a_resumed_thread(Store& store, const std::string& thread) {
  Server server;
  SessionTask task(store, thread, server.make());
  check("it is restored", task.known() == std::optional<std::string>("{\"n\":3}"));
  task.prewarm();
  check("nothing is made beside a restored value", server.asked == 0);
}

void one_that_is_refused(Store& store, const std::string& thread, TaskOrigin origin) {
  Server server;
  const auto accept = [origin](const std::string&) {
    return origin == TaskOrigin::forked;
  };
  Lease lease = store.lease(thread);
  Writer writer = store.write(lease);
  SessionTask task(store, thread, server.make(), accept, origin);
  check("a refused value is not known", !task.known());
  task.prewarm();
  task.settle(writer);
  task.settle(writer);
  check("it is cleared once", writer.queued() == 1);
  writer.flush();
  const TaskState cleared = store.session_state(thread);
  check("the rollout says so", cleared.recorded && !cleared.value);
  check("the one from the background is taken", task.value(writer) == "{\"n\":1}");
  writer.flush();
  check("and recorded", store.session_state(thread).value == task.known());
}

void an_observer(Store& store, const std::string& thread) {
  Lease lease = store.lease(thread);
  Writer writer = store.write(lease);
  std::string seen;
  std::uint64_t begin = 0;
  writer.observe([&](std::uint64_t offset, std::string_view text) {
    begin = offset;
    seen += text;
  });
  writer.append("{\"type\":\"x\"}");
  check("nothing came before it is written", seen.empty());
  writer.flush();
  Reader lines = store.read(thread);
  lines.start_at(begin);
  const auto line = lines.next();
  check("what came is in the file", line && std::string(line->text) + "\n" == seen);
  check("and nothing else", !lines.next());
  writer.observe(nullptr);
  store.ask({});
  writer.append("{\"type\":\"y\"}");
  writer.flush();
  check("who was told is not told any more", seen.find("\"y\"") == seen.npos);
}

void null_objects() {
  check("no object is an error", coldpress_writer_flush(nullptr, nullptr, nullptr) == -1);
  check("or nothing",
        coldpress_writer_path(nullptr) == nullptr &&
            coldpress_lease_thread(nullptr) == nullptr &&
            coldpress_writer_queued(nullptr) == 0);
  coldpress_writer_observe(nullptr, nullptr, nullptr);
  coldpress_store_ask(nullptr, nullptr, nullptr);
}

void bad_values(Store& store, const std::string& thread) {
  Lease lease = store.lease(thread);
  Writer writer = store.write(lease);
  for (const char* value : {"", "7", "{", "[]", "{}\n{}"}) {
    check("no object", throws([&] { writer.append_session_state(std::string(value)); }));
  }
  check("nothing is queued", writer.queued() == 0);
}

} // namespace

int main(int argc, char** argv) {
  if (argc != 4) {
    return 2;
  }
  Store store(argv[1]);
  const std::string fresh = argv[2];
  a_new_thread(store, fresh);
  a_resumed_thread(store, fresh);
  one_that_is_refused(store, fresh, TaskOrigin::own);
  one_that_is_refused(store, fresh, TaskOrigin::forked);
  an_observer(store, fresh);
  null_objects();
  bad_values(store, fresh);
  check("a thread that says nothing", !store.session_state(argv[3]).recorded);
  std::cout << faults << " faults\n";
  return faults == 0 ? 0 : 1;
}
