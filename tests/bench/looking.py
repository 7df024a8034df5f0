"""How long it takes to look at a store of many rollouts in which nothing changed."""

import contestants
import measure
import profiles

# Nothing is that old, so that a run fills the ledger and compresses nothing.
YOUNG = ["--cold-after", "30000d", "--roots", "archived,active", "--settle", "0s"]
ENABLE = ["--enable", "local_thread_store_compression"]
SMALL = 8000  # bytes of each rollout: two or three blocks, mostly its first record


def scan(counts, coldpress, corpus, meter, scratch, say):
    """By number of rollouts: the first look, and the later ones."""
    programs = (coldpress, corpus, meter)
    return {str(count): one_store(count, *programs, scratch, say) for count in counts}


def one_store(count, coldpress, corpus, meter, scratch, say):
    with contestants.room(scratch / "scan") as work:
        home = work / "home"
        profiles.make_home(corpus, "chat", home, count, SMALL)
        measure.settle([home / name for name in profiles.cold_rollouts(home)], cold=True)
        plan = [coldpress, "plan", "--json", "--store", home, *YOUNG]
        run = [coldpress, "run", "--once", "--json", "--store", home, *ENABLE, *YOUNG]
        told = {}
        told["first plan, files cold"] = measure.middle([meter.run(plan)])
        told["first run"] = measure.middle([meter.run(run)])
        told["plan again"] = measure.middle([meter.run(plan) for _ in range(3)])
        told["run again"] = measure.middle([meter.run(run) for _ in range(3)])
        estimate = [coldpress, "plan", "--json", "--store", home, *YOUNG, "--cold-after", "7d"]
        told["plan with estimates"] = measure.middle([meter.run(estimate)])
        say(f"scan: {count} rollouts, plan again {told['plan again']['cpu']:.2f} s CPU")
        return told
