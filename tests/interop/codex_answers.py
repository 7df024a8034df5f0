"""What the real Codex says about a store: its lists, its threads, its searches."""

import app_server

SOURCES = ["cli", "vscode", "exec", "appServer", "subAgent", "unknown"]

# Resuming a compressed thread makes its file anew, so that "updated at" is now;
# resuming a plain one does not touch it. Which of the two is not coldpress's doing.
MOVES_ON_RESUME = ("updatedAt", "recencyAt")


def answer(call, *arguments, **params):
    """The result, or the refusal as text: a refusal is an answer that must stay, too."""
    try:
        return call(*arguments, **params)
    except app_server.RpcError as error:
        return f"refused: {error}"


def ask(server, made):
    """Answers to every reading question, by question."""
    told = {}
    for archived in (False, True):
        for database_only in (False, True):
            told[f"list archived={archived} database_only={database_only}"] = answer(
                server.pages,
                "thread/list",
                sourceKinds=SOURCES,
                archived=archived,
                useStateDbOnly=database_only,
            )
        told[f"search archived={archived}"] = answer(
            server.pages,
            "thread/search",
            searchTerm="one line",
            sourceKinds=SOURCES,
            archived=archived,
        )
    for entry in made:
        told.update(ask_thread(server, entry))
    return told


def ask_thread(server, entry):
    thread, kind = entry["thread"], entry["kind"]
    read = answer(server.call, "thread/read", threadId=thread, includeTurns=True)
    turns = answer(server.pages, "thread/turns/list", threadId=thread)
    items = answer(server.pages, "thread/items/list", threadId=thread)
    return {f"read {kind}": read, f"turns {kind}": turns, f"items {kind}": items}


def resume(server, made):
    """Resumes every thread; the answers without what a resume itself moves."""
    told = {}
    for entry in made:
        resumed = answer(server.call, "thread/resume", threadId=entry["thread"])
        if isinstance(resumed, dict):
            for field in MOVES_ON_RESUME:
                resumed["thread"].pop(field, None)
        told[f"resume {entry['kind']}"] = resumed
    return told
