#include "fsutil/temp_file.hpp"
#include "tests/support/fake_clock.hpp"
#include "tests/support/fault_fs.hpp"
#include "tests/support/mem_fs.hpp"

#include <doctest/doctest.h>

#include <optional>

namespace coldpress {

namespace {

using Names = std::vector<std::string>;

struct Rig {
  FakeClock clock;
  MemFs disk{clock};
  FaultFs fs{disk};

  explicit Rig(bool unnamed, bool rename_new = true) {
    MemFeatures features;
    features.unnamed = unnamed;
    features.rename_new = rename_new;
    disk.set_features(features);
    disk.put_dir("/d");
  }
  TempFile create(const std::string& target = "/d/z") {
    return TempFile::create_beside(fs, target).value();
  }
  void fill(const TempFile& temp) {
    const std::string_view bytes = "frame";
    CHECK(fs.write_at(temp.handle(), std::as_bytes(std::span(bytes)), 0));
  }
};

} // namespace

TEST_CASE("only what has the name of a temp file is removed as one") {
  Rig rig(true);
  const std::string part = "/d/.0123456789abcdef.coldpress-part";
  rig.disk.put(part, "frame");
  rig.disk.put("/d/rollout.jsonl", "bytes");
  CHECK(remove_part(rig.fs, part));
  CHECK_FALSE(rig.disk.exists(part));
  const auto refused = remove_part(rig.fs, "/d/rollout.jsonl");
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == Errc::invalid);
  CHECK(rig.disk.exists("/d/rollout.jsonl"));
}

TEST_CASE("a temp file that was not committed leaves nothing behind") {
  for (const bool unnamed : {true, false}) {
    Rig rig(unnamed);
    {
      const TempFile temp = rig.create();
      CHECK_EQ(temp.named(), !unnamed);
      rig.fill(temp);
    }
    CHECK(rig.disk.names("/d").empty());
    CHECK_EQ(rig.disk.open_handles(), 0);
  }
}

TEST_CASE("a committed temp file is the target, whole, and no longer a temp") {
  for (const bool unnamed : {true, false}) {
    for (const bool rename_new : {true, false}) {
      Rig rig(unnamed, rename_new);
      {
        TempFile temp = rig.create();
        rig.fill(temp);
        CHECK(temp.commit_new());
      }
      CHECK_EQ(rig.disk.names("/d"), Names{"z"});
      CHECK_EQ(rig.disk.get("/d/z"), "frame");
      CHECK_EQ(rig.disk.lstat("/d/z")->links, 1);
    }
  }
}

TEST_CASE("commit_new does not replace a target that appeared, and may be tried again") {
  for (const bool unnamed : {true, false}) {
    Rig rig(unnamed);
    {
      TempFile temp = rig.create();
      rig.fill(temp);
      rig.disk.put("/d/z", "theirs");
      const auto refused = temp.commit_new();
      REQUIRE_FALSE(refused);
      CHECK_EQ(refused.error().code, Errc::exists);
      CHECK_EQ(rig.disk.get("/d/z"), "theirs");
      CHECK(rig.disk.unlink("/d/z"));
      CHECK(temp.commit_new());
    }
    CHECK_EQ(rig.disk.get("/d/z"), "frame");
    CHECK_EQ(rig.disk.names("/d"), Names{"z"});
  }
}

TEST_CASE("a failed commit cleans up at the end") {
  for (const bool unnamed : {true, false}) {
    Rig rig(unnamed);
    {
      TempFile temp = rig.create();
      rig.fs.fail_op(unnamed ? "link_handle" : "rename_new", Errc::io);
      CHECK_FALSE(temp.commit_new());
    }
    CHECK(rig.disk.names("/d").empty());
  }
}

TEST_CASE("the named form is flocked, and hidden by its name") {
  Rig rig(false);
  const TempFile temp = rig.create();
  const Names names = rig.disk.names("/d");
  REQUIRE_EQ(names.size(), 1);
  CHECK(is_part_name(names[0]));
  const File sweeper(rig.disk, rig.disk.open_lock("/d/" + names[0], Create::no).value());
  CHECK_EQ(rig.disk.try_lock(sweeper.handle()).error().code, Errc::busy);
}

TEST_CASE("two temp files for one target do not meet") {
  Rig rig(false);
  TempFile one = rig.create();
  TempFile two = rig.create();
  CHECK(one.commit_new());
  CHECK_EQ(two.commit_new().error().code, Errc::exists);
}

TEST_CASE("a moved temp file is cleaned up once, by its last owner") {
  Rig rig(false);
  {
    std::optional<TempFile> first(rig.create());
    TempFile second = std::move(*first);
    first.reset();
    CHECK_EQ(rig.disk.names("/d").size(), 1);
    second = rig.create("/d/y"); // drops what it had
    CHECK_EQ(rig.disk.names("/d").size(), 1);
    CHECK_EQ(second.target(), "/d/y");
  }
  CHECK(rig.disk.names("/d").empty());
  CHECK_EQ(rig.disk.open_handles(), 0);
}

TEST_CASE("a temp file in a missing directory says not_found") {
  Rig rig(true);
  const auto made = TempFile::create_beside(rig.fs, "/none/z");
  REQUIRE_FALSE(made);
  CHECK_EQ(made.error().code, Errc::not_found);
}

TEST_CASE("a failure at any call of a temp file's life leaves no handle and no part") {
  for (const bool unnamed : {true, false}) {
    for (int nth = 0; nth < 4; ++nth) {
      CAPTURE(nth);
      Rig rig(unnamed);
      rig.fs.fail_call(nth, Errc::io);
      if (auto temp = TempFile::create_beside(rig.fs, "/d/z")) {
        (void)temp->commit_new();
      }
      CHECK_EQ(rig.disk.open_handles(), 0);
      for (const std::string& name : rig.disk.names("/d")) {
        CHECK_EQ(name, "z");
      }
    }
  }
}

TEST_CASE("a named temp file changes places with its target, which stays") {
  Rig rig(true);
  rig.disk.put("/d/z", "old");
  std::string part;
  {
    auto temp = TempFile::create_beside(rig.fs, "/d/z", TempFile::Naming::named);
    REQUIRE(temp);
    REQUIRE(rig.fs.write_at(temp->handle(), std::as_bytes(std::span("new", 3)), 0));
    part = temp->commit_exchange().value();
    CHECK_FALSE(temp->named());
  }
  CHECK_EQ(rig.disk.get("/d/z"), "new");
  CHECK(is_part_name(base_name(part)));
  CHECK_EQ(rig.disk.get(part), "old");
}

TEST_CASE("a temp file that finds nothing to change places with cleans up") {
  Rig rig(true);
  {
    auto temp = TempFile::create_beside(rig.fs, "/d/z", TempFile::Naming::named);
    REQUIRE(temp);
    const auto done = temp->commit_exchange();
    REQUIRE_FALSE(done);
    CHECK(done.error().code == Errc::not_found);
  }
  CHECK(rig.disk.names("/d").empty());
}

TEST_CASE("only dot, sixteen lower-case hex digits and the suffix make a part name") {
  CHECK(is_part_name(".0123456789abcdef.coldpress-part"));
  CHECK_FALSE(is_part_name("0123456789abcdef.coldpress-part"));
  CHECK_FALSE(is_part_name(".0123456789ABCDEF.coldpress-part"));
  CHECK_FALSE(is_part_name(".0123456789abcde.coldpress-part"));
  CHECK_FALSE(is_part_name(".0123456789abcdef0.coldpress-part"));
  CHECK_FALSE(is_part_name(".0123456789abcdef.coldpress-retired"));
  CHECK_FALSE(is_part_name(""));
}

} // namespace coldpress
