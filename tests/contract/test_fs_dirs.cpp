#include "tests/contract/rigs.hpp"

#include <optional>
#include <utility>

namespace coldpress {

namespace {

// What a call that must fail answers.
template <class T> Errc code_of(const Result<T>& result) {
  return result ? Errc::io : result.error().code; // io: nothing here means that
}

// Every call that takes a path, on a name in `dir`, and from and to it where the other
// name is in `beside`. The names of those that were not refused as invalid.
std::string not_refused(Fs& fs, const std::string& beside, const std::string& dir) {
  const std::string own = join_path(beside, "own");
  const std::string free = join_path(beside, "free");
  const std::string name = join_path(dir, "a");
  const std::string fresh = join_path(dir, "b");
  const File open(fs, must(fs.create_new(own, 0600)));
  const std::vector<std::pair<std::string, Errc>> calls{
      {"hold_dir", code_of(fs.hold_dir(dir))},
      {"look_up_dir", code_of(fs.look_up_dir(dir))},
      {"open_read", code_of(fs.open_read(name))},
      {"open_lock", code_of(fs.open_lock(name, Create::no))},
      {"open_lock, new", code_of(fs.open_lock(fresh, Create::yes))},
      {"create_new", code_of(fs.create_new(fresh, 0600))},
      {"create_unnamed", code_of(fs.create_unnamed(dir))},
      {"sync_dir", code_of(fs.sync_dir(dir))},
      {"lstat", code_of(fs.lstat(name))},
      {"link_handle", code_of(fs.link_handle(open.handle(), fresh))},
      {"link from", code_of(fs.link(name, free))},
      {"link to", code_of(fs.link(own, fresh))},
      {"rename_new from", code_of(fs.rename_new(name, free))},
      {"rename_new to", code_of(fs.rename_new(own, fresh))},
      {"rename_exchange from", code_of(fs.rename_exchange(name, own))},
      {"rename_exchange to", code_of(fs.rename_exchange(own, name))},
      {"unlink", code_of(fs.unlink(name))},
      {"make_dir", code_of(fs.make_dir(fresh, 0700))},
      {"list_dir", code_of(fs.list_dir(dir))},
      {"space", code_of(fs.space(dir))}};
  std::string wrong;
  for (const auto& [call, code] : calls) {
    // unsupported: this system has no such call at all.
    if (code != Errc::invalid && code != Errc::unsupported) {
      wrong += call + ": " + std::string(name_of(code)) + "; ";
    }
  }
  must(fs.unlink(own));
  return wrong;
}

// root/store, in which there is nothing yet, and root/outside/deep/a, which is
// somebody's.
template <class Rig> struct Store {
  Store() {
    must(make_dirs(rig.fs(), rig.at("outside/deep"), 0755));
    make_file(rig.fs(), rig.at("outside/deep/a"), "theirs");
    make_file(rig.fs(), rig.at("outside/a"), "theirs");
    must(rig.fs().make_dir(rig.at("store"), 0755));
  }
  bool outside_is_as_it_was() {
    return names_in(rig.fs(), rig.at("outside")) ==
               std::vector<std::string>{"a", "deep"} &&
           names_in(rig.fs(), rig.at("outside/deep")) == std::vector<std::string>{"a"} &&
           contents(rig.fs(), rig.at("outside/deep/a")) == "theirs" &&
           contents(rig.fs(), rig.at("outside/a")) == "theirs";
  }
  HeldDir hold(const std::string& name) {
    return must(HeldDir::hold(rig.fs(), rig.at(name)));
  }
  Rig rig;
};

template <class Rig>
std::string not_refused_in(Store<Rig>& store, const std::string& dir) {
  return not_refused(store.rig.fs(), store.rig.at("store"), store.rig.at(dir));
}

} // namespace

TEST_CASE_TEMPLATE("fs: below a held directory no call follows a symlink",
                   Rig,
                   EVERY_FS) {
  Store<Rig> store;
  const HeldDir held = store.hold("store");
  SUBCASE("that is the last folder") {
    store.rig.symlink("store/link", store.rig.at("outside"));
    CHECK_EQ(not_refused_in(store, "store/link"), "");
  }
  SUBCASE("that is on the way") {
    store.rig.symlink("store/link", store.rig.at("outside"));
    must(store.rig.fs().make_dir(store.rig.at("outside/deep/more"), 0755));
    const std::string dir = store.rig.at("store/link/deep");
    CHECK(fails(store.rig.fs().lstat(dir + "/a"), Errc::invalid));
    CHECK(fails(store.rig.fs().list_dir(dir), Errc::invalid));
    CHECK(fails(store.rig.fs().sync_dir(dir), Errc::invalid));
    CHECK(fails(store.rig.fs().unlink(dir + "/a"), Errc::invalid));
    CHECK(fails(store.rig.fs().hold_dir(dir), Errc::invalid));
    CHECK(exists(store.rig.fs(), store.rig.at("outside/deep/more")));
    return;
  }
  SUBCASE("that stays within it") {
    must(store.rig.fs().make_dir(store.rig.at("store/inside"), 0755));
    make_file(store.rig.fs(), store.rig.at("store/inside/a"), "ours");
    store.rig.symlink("store/link", "inside");
    CHECK_EQ(not_refused_in(store, "store/link"), "");
    CHECK_EQ(contents(store.rig.fs(), store.rig.at("store/inside/a")), "ours");
  }
  CHECK(store.outside_is_as_it_was());
}

TEST_CASE_TEMPLATE("fs: nothing leads up and out of a held directory", Rig, EVERY_FS) {
  Store<Rig> store;
  const HeldDir held = store.hold("store");
  must(store.rig.fs().make_dir(store.rig.at("store/d"), 0755));
  CHECK_EQ(not_refused_in(store, "store/../outside"), "");
  CHECK(fails(store.rig.fs().lstat(store.rig.at("store/..")), Errc::invalid));
  CHECK(fails(store.rig.fs().unlink(store.rig.at("store/d/../../outside/a")),
              Errc::invalid));
  CHECK(store.outside_is_as_it_was());
}

TEST_CASE_TEMPLATE("fs: a held directory keeps its place when another takes its name",
                   Rig,
                   EVERY_FS) {
  Store<Rig> store;
  Fs& fs = store.rig.fs();
  must(fs.make_dir(store.rig.at("store/d"), 0755));
  make_file(fs, store.rig.at("store/d/a"), "ours");
  const HeldDir root = store.hold("store");
  const HeldDir held = store.hold("store/d");
  must(held.check());
  store.rig.move("store/d", "store/moved");
  bool by_symlink = false;
  SUBCASE("a symlink") {
    by_symlink = true;
    store.rig.symlink("store/d", store.rig.at("outside"));
  }
  SUBCASE("another directory") {
    store.rig.move("outside", "store/d");
  }
  CHECK(fails(held.check(), by_symlink ? Errc::invalid : Errc::changed));
  // Whatever is done by that name is done in the directory that was held.
  CHECK_EQ(contents(fs, store.rig.at("store/d/a")), "ours");
  must(fs.link(store.rig.at("store/d/a"), store.rig.at("store/d/b")));
  must(fs.unlink(store.rig.at("store/d/a")));
  must(fs.sync_dir(store.rig.at("store/d")));
  CHECK_EQ(names_in(fs, store.rig.at("store/d")), std::vector<std::string>{"b"});
  CHECK_EQ(names_in(fs, store.rig.at("store/moved")), std::vector<std::string>{"b"});
  if (!by_symlink) {
    store.rig.move("store/d", "outside");
  }
  CHECK(store.outside_is_as_it_was());
}

TEST_CASE_TEMPLATE("fs: a directory is held once for all, and until the last lets go",
                   Rig,
                   EVERY_FS) {
  Store<Rig> store;
  Fs& fs = store.rig.fs();
  must(fs.make_dir(store.rig.at("store/d"), 0755));
  std::optional<HeldDir> first = store.hold("store/d");
  const DirId id = first->id();
  store.rig.move("store/d", "store/moved");
  must(fs.make_dir(store.rig.at("store/moved/inner"), 0755));
  std::optional<HeldDir> second = store.hold("store/d");
  CHECK(second->id() == id);
  first.reset();
  CHECK(exists(fs, store.rig.at("store/d/inner")));
  CHECK(fails(second->check(), Errc::not_found));
  second.reset();
  CHECK(fails(fs.lstat(store.rig.at("store/d/inner")), Errc::not_found));
}

TEST_CASE_TEMPLATE("fs: a store that is a symlink is followed once, when it is held",
                   Rig,
                   EVERY_FS) {
  Store<Rig> store;
  Fs& fs = store.rig.fs();
  make_file(fs, store.rig.at("store/a"), "ours");
  store.rig.symlink("link", store.rig.at("store"));
  const HeldDir held = store.hold("link");
  CHECK_EQ(contents(fs, store.rig.at("link/a")), "ours");
  store.rig.move("link", "old");
  store.rig.symlink("link", store.rig.at("outside"));
  CHECK_EQ(contents(fs, store.rig.at("link/a")), "ours");
}

TEST_CASE_TEMPLATE("fs: a name below a held directory may be written in several ways",
                   Rig,
                   EVERY_FS) {
  Store<Rig> store;
  Fs& fs = store.rig.fs();
  must(make_dirs(fs, store.rig.at("store/d/e"), 0755));
  make_file(fs, store.rig.at("store/d/e/a"), "ours");
  const HeldDir held = store.hold("store");
  CHECK_EQ(contents(fs, store.rig.at("store//d/./e/a")), "ours");
  CHECK_EQ(must(fs.lstat(store.rig.at("store"))).type, FileType::directory);
  CHECK_EQ(names_in(fs, store.rig.at("store")), std::vector<std::string>{"d"});
  CHECK(fails(fs.lstat(store.rig.at("store/none/a")), Errc::not_found));
  CHECK(fails(fs.lstat(store.rig.at("store/d/e/a/b")), Errc::not_found));
}

TEST_CASE_TEMPLATE("fs: a symlink to nothing is not the same as nothing", Rig, EVERY_FS) {
  Rig rig;
  rig.symlink("link", rig.at("none"));
  CHECK(fails(rig.fs().real_path(rig.at("link")), Errc::invalid));
  CHECK(fails(rig.fs().real_path(rig.at("other")), Errc::not_found));
  CHECK(must(is_there(rig.fs(), rig.at("link"))));
  CHECK_FALSE(must(is_there(rig.fs(), rig.at("other"))));
}

TEST_CASE_TEMPLATE("fs: a time that we do not keep is never written", Rig, EVERY_FS) {
  Rig rig;
  const File file = make_file(rig.fs(), rig.at("a"), "one");
  const WallTime before = must(rig.fs().stat(file.handle())).mtime;
  for (const WallTime beyond : {k_too_early, k_too_late, WallTime::min()}) {
    CHECK(fails(rig.fs().set_mtime(file.handle(), beyond), Errc::invalid));
  }
  CHECK(must(rig.fs().stat(file.handle())).mtime == before);
  must(rig.fs().set_mtime(file.handle(), k_earliest));
  CHECK(must(rig.fs().stat(file.handle())).mtime == k_earliest);
}

} // namespace coldpress
