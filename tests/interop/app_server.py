"""A client of `codex app-server`: JSON-RPC, one message a line, over stdio."""

import collections
import json
import queue
import subprocess
import threading
import time


class RpcError(Exception):
    """The server answered a request with an error object."""

    def __init__(self, method, error):
        super().__init__(f"{method}: {error.get('message', error)}")
        self.error = error


class AppServer:
    """One server process, ended by leaving the `with`."""

    def __init__(self, command, env, cwd, log):
        self._log = open(log, "ab")
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            env=env,
            cwd=cwd,
        )
        self._replies = {}
        self._notes = collections.deque()
        self._inbox = queue.Queue()
        self._last_id = 0
        threading.Thread(target=self._read, daemon=True).start()

    def __enter__(self):
        self.call(
            "initialize",
            clientInfo={"name": "interop", "version": "1"},
            capabilities={"experimentalApi": True},
        )
        self._send({"method": "initialized"})
        return self

    def __exit__(self, *_error):
        self.stop()

    @property
    def pid(self):
        return self._process.pid

    def stop(self):
        """Ends the server as a client that goes away does: its stdin closes."""
        if not self._process.stdin.closed:
            self._process.stdin.close()
        try:
            self._process.wait(timeout=30)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._log.close()

    def call(self, method, timeout=60, **params):
        """The result of one request. Raises RpcError or TimeoutError."""
        return self.finish(self.start(method, **params), method, timeout)

    def start(self, method, **params):
        """Sends one request; its number is for finish(), and for what cancels it."""
        self._last_id += 1
        self._send({"id": self._last_id, "method": method, "params": params})
        return self._last_id

    def finish(self, number, method, timeout=60):
        """The result of a request that was started. Raises RpcError or TimeoutError."""
        self._pump(lambda: number in self._replies, timeout, method)
        reply = self._replies.pop(number)
        if "error" in reply:
            raise RpcError(method, reply["error"])
        return reply["result"]

    def wait_note(self, method, timeout=120, **wanted):
        """Parameters of the next notification `method` that has the wanted values."""

        def fits(note):
            params = note.get("params", {})
            return note["method"] == method and all(params.get(k) == v for k, v in wanted.items())

        self._pump(lambda: any(fits(note) for note in self._notes), timeout, method)
        note = next(note for note in self._notes if fits(note))
        self._notes.remove(note)
        return note["params"]

    def notes(self, method, **wanted):
        """Parameters of all notifications that came so far and have the wanted values."""
        params = [note["params"] for note in self._notes if note["method"] == method]
        return [told for told in params if all(told.get(k) == v for k, v in wanted.items())]

    def pages(self, method, **params):
        """All `data` of a paged list request."""
        found, cursor = [], None
        while True:
            page = self.call(method, cursor=cursor, **params)
            found += page["data"]
            cursor = page.get("nextCursor")
            if not cursor:
                return found

    def turn(self, thread, *items, timeout=120):
        """Runs one turn and returns it as completed. A str is a text item."""
        texts = [{"type": "text", "text": i} if isinstance(i, str) else i for i in items]
        self.call("turn/start", threadId=thread, input=texts)
        return self.wait_note("turn/completed", timeout, threadId=thread)["turn"]

    def _send(self, message):
        self._process.stdin.write(json.dumps(message).encode() + b"\n")
        self._process.stdin.flush()

    def _read(self):
        for line in self._process.stdout:
            self._inbox.put(json.loads(line))
        self._inbox.put(None)

    def _pump(self, done, timeout, what):
        end = time.monotonic() + timeout
        while not done():
            try:
                message = self._inbox.get(timeout=max(0.0, end - time.monotonic()))
            except queue.Empty:
                raise TimeoutError(f"no answer to {what} in {timeout} s") from None
            if message is None:
                raise RuntimeError(f"app-server ended while waiting for {what}")
            self._sort(message)

    def _sort(self, message):
        if "method" not in message:
            self._replies[message["id"]] = message
        elif "id" in message:
            # Nothing here grants anything: a question from the server is refused.
            refusal = {"code": -32601, "message": "not answered by tests"}
            self._send({"id": message["id"], "error": refusal})
        else:
            self._notes.append(message)
