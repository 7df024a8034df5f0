// What nobody can do with the tokens of the pipeline and of the locks. Each line that is
// marked must not compile, and every other line must: tokens.cmake compares them with
// the compiler's errors. Marked "private" are those that would compile if a token's
// maker were public.

#include "worker/stage/claim.hpp"
#include "worker/stage/encode.hpp"
#include "worker/stage/measure.hpp"
#include "worker/stage/publish.hpp"
#include "worker/stage/reap.hpp"
#include "worker/stage/verify.hpp"

namespace coldpress {

// clang-format off

Step<std::monostate> as_it_is_meant(Guards& guards, const Candidate& candidate) {
  TRY_ASSIGN(Claim claimed, claim(guards, candidate, {}));
  TRY_ASSIGN(Claim measured, measure(guards.fs, std::move(claimed), {}));
  TRY_ASSIGN(Encoded encoded, encode(guards.fs, std::move(measured), {}, {}));
  TRY_ASSIGN(Verified verified, verify(guards.fs, std::move(encoded), {}));
  TRY_ASSIGN(const Published published, publish(guards, std::move(verified), {}));
  return reap(guards, published);
}

Result<void> remove_as_it_is_meant(Guards& guards, const Copy& goes, const Copy& stays) {
  TRY_ASSIGN(const Comparison compared, compare_rollouts(guards.fs, goes.path, stays.path));
  TRY_ASSIGN(const Durable durable, Durable::sync(guards.fs, stays));
  TRY_ASSIGN(const Maintenance maintenance, Maintenance::enter(guards));
  TRY_ASSIGN(const Section section, Section::enter(maintenance, "id", {}));
  TRY_ASSIGN(Redundant copy, Redundant::prove(guards.fs, section.lock(), compared, goes, durable));
  return std::move(copy).remove();
}

void publish_unverified(Guards& guards, Encoded encoded, const Content& content) {
  (void)publish(guards, std::move(encoded), {}); // refused
  (void)encoded.temp().commit_new(); // refused
  (void)encoded.temp({}).commit_new(); // refused: private
  (void)encoded.temp(Encoded::NamingKey()).commit_new(); // refused: private
  (void)Verified(std::move(encoded), content, true); // refused: private
}

void publish_outside_of_a_section(Guards& guards, Verified verified, const Maintenance& maintenance) {
  (void)verified.commit_new(); // refused
  (void)verified.commit_new(maintenance); // refused
  (void)verified.commit_exchange(maintenance); // refused
  (void)Section::enter(guards, "id", {}); // refused
}

void reap_unpublished(Guards& guards, const Verified& verified, const Content& content) {
  (void)reap(guards, verified); // refused
  (void)reap(guards, Published(content, content)); // refused: private
}

void encode_unclaimed(Guards& guards, const Candidate& candidate, TempFile temp, const Content& content, const DecodedFrame& frame) {
  (void)encode(guards.fs, candidate, {}, {}); // refused
  (void)Claim(candidate, {}, HeldDir::hold(guards.fs, "d").value(), {}, LeaseSupport::none, ""); // refused: private
  (void)Encoded(claim(guards, candidate, {}).value(), std::move(temp), content, frame, 1, 20); // refused: private
}

void remove_one_of_two(Guards& guards, const LockedFile& lock, const Comparison& compared, const Copy& copy, const Durable& durable, Redundant redundant) {
  (void)Redundant(guards.fs, copy.path); // refused: private
  (void)Redundant::prove(guards.fs, compared, copy, durable); // refused
  (void)Redundant::prove(guards.fs, lock, Relation::equal, copy, durable); // refused
  (void)Redundant::prove(guards.fs, lock, compared, copy, copy); // refused
  (void)redundant.remove(); // refused
  const Redundant again = redundant; // refused
  (void)Durable(copy); // refused: private
  const Durable two = durable; // refused
}

void claim_to_have_read(const FileStamp& stamp, Comparison compared) {
  (void)Comparison(stamp, stamp); // refused: private
  compared.relation() = Relation::equal; // refused
  (void)Content(Hash128{}, 1, stamp); // refused: private
  (void)DecodedFrame(Hash128{}, 1, Hash128{}, 1); // refused: private
}

void claim_to_have_a_lock(Guards& guards, LockedFile lock) {
  (void)LockedFile(File(), "path"); // refused: private
  (void)Maintenance(guards, std::move(lock)); // refused: private
  (void)Section(std::move(lock)); // refused: private
  const LockedFile two = lock; // refused
}

// clang-format on

} // namespace coldpress
