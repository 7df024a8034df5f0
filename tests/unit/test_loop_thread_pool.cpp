#include "worker/loop/loop.hpp"
#include "worker/loop/thread_pool.hpp"

#include <doctest/doctest.h>

#include <stdexcept>

using namespace coldpress;

TEST_CASE("what a task throws leaves the loop's run(), not the thread") {
  Loop loop;
  ThreadPool pool("test", 1, Priority::normal, rethrow_on(loop));
  REQUIRE(pool.start() == std::size_t{1});
  bool went_on = false;
  pool.post([] { throw std::runtime_error("no memory"); });
  pool.post([&went_on] { went_on = true; });
  CHECK_THROWS_WITH(loop.run(), "no memory");
  pool.post([&loop] { loop.post([&loop] { loop.stop(); }); });
  loop.run(); // it runs again, and throws once only
  CHECK(went_on);
}

TEST_CASE("what a timer throws leaves the loop's run()") {
  Loop loop;
  loop.after(std::chrono::milliseconds{0}, [] { throw std::runtime_error("no memory"); });
  CHECK_THROWS_WITH(loop.run(), "no memory");
}

TEST_CASE("what was posted before a pool starts waits for it") {
  Loop loop;
  ThreadPool pool("test", 2, Priority::normal, rethrow_on(loop));
  pool.post([&loop] { loop.post([&loop] { loop.stop(); }); });
  REQUIRE(pool.start() == std::size_t{2});
  loop.run();
}

TEST_CASE("a pool that was stopped drops what still waits") {
  Loop loop;
  ThreadPool pool("test", 1, Priority::normal, rethrow_on(loop));
  REQUIRE(pool.start());
  pool.stop();
  bool ran = false;
  pool.post([&ran] { ran = true; });
  pool.stop();
  CHECK_FALSE(ran);
}
