"""A mock of the Responses service on 127.0.0.1, so that Codex needs no network.

A script says what the model answers to a prompt: a list of steps, one for each
request of the turn. The step is chosen by counting the tool results that follow
the last user message, so the server keeps no state and a retry is harmless.
"""

import http.server
import itertools
import json
import subprocess
import threading

MODEL = "mock-model"


class Say:
    """The model answers with a text and the turn ends."""

    def __init__(self, text):
        self.text = text

    def items(self, _tools):
        content = [{"type": "output_text", "text": self.text, "annotations": []}]
        return [{"type": "message", "role": "assistant", "content": content}]


class Shell:
    """The model asks for one shell command."""

    def __init__(self, command):
        self.command = command

    def items(self, tools):
        name, arguments = shell_call(tools, self.command)
        return [{"type": "function_call", "name": name, "arguments": json.dumps(arguments)}]


def shell_call(tools, command):
    """Name and arguments for whichever shell tool the request lists."""
    names = {tool.get("name") for tool in tools}
    if "exec_command" in names:
        return "exec_command", {"cmd": command, "yield_time_ms": 10000}
    if "shell_command" in names:
        return "shell_command", {"command": command}
    return "shell", {"command": ["sh", "-c", command]}


class MockResponses:
    """Serves on an ephemeral port, in a thread, while used in a `with`."""

    def __init__(self):
        self.scripts = {}
        self.requests = []  # (method, path), in order of arrival
        self._ids = itertools.count(1)
        self._lock = threading.Lock()
        self._server = None

    def __enter__(self):
        handler = type("Handler", (_Handler,), {"mock": self})
        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_error):
        self._server.shutdown()
        self._server.server_close()

    @property
    def url(self):
        return f"http://127.0.0.1:{self._server.server_address[1]}/v1"

    def script(self, prompt, *steps):
        """From now on a user message that contains `prompt` is answered by `steps`."""
        self.scripts[prompt] = list(steps)

    def seen(self, method, path):
        with self._lock:
            self.requests.append((method, path))

    def next_id(self, kind):
        with self._lock:
            return f"{kind}_{next(self._ids):08d}"

    def answer(self, request):
        """Output items for one request."""
        prompt, results = last_turn(request.get("input", []))
        steps = next((s for key, s in self.scripts.items() if key in prompt), None)
        steps = steps or [Say(f"You said: {prompt[:200]}")]
        items = steps[min(results, len(steps) - 1)].items(request.get("tools", []))
        for item in items:
            item["id"] = self.next_id("item")
            if item["type"] == "function_call":
                item["call_id"] = self.next_id("call")
        return items


def last_turn(items):
    """Text of the last user message, and how many tool results follow it."""
    prompt, results = "", 0
    for item in items:
        if item.get("type") == "message" and item.get("role") == "user":
            parts = item.get("content", [])
            prompt = " ".join(part.get("text", "") for part in parts if isinstance(part, dict))
            results = 0
        elif item.get("type", "").endswith("_call_output"):
            results += 1
    return prompt, results


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    mock = None

    def log_message(self, *_arguments):
        pass

    def do_GET(self):
        self.mock.seen("GET", self.path)
        if self.path.split("?")[0].endswith("/models"):
            entry = {"id": MODEL, "object": "model", "created": 0, "owned_by": "mock"}
            self._json(200, {"object": "list", "data": [entry], "models": []})
        else:
            self._json(404, {"error": {"message": "no such path"}})

    def do_POST(self):
        self.mock.seen("POST", self.path)
        request = self._body()
        path = self.path.split("?")[0]
        if path.endswith("/compact"):
            self._json(200, {"output": Say("Summary of the work so far.").items([])})
        elif path.endswith("/responses"):
            self._stream(self.mock.answer(request))
        else:
            self._json(404, {"error": {"message": "no such path"}})

    def _body(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if self.headers.get("Content-Encoding") == "zstd":
            body = subprocess.run(
                ["zstd", "-dcq"], input=body, capture_output=True, check=True
            ).stdout
        return json.loads(body or b"{}")

    def _json(self, status, value):
        self._send(status, "application/json", json.dumps(value).encode())

    def _stream(self, items):
        response = {"id": self.mock.next_id("resp"), "object": "response", "model": MODEL}
        events = [{"type": "response.created", "response": dict(response, status="in_progress")}]
        for index, item in enumerate(items):
            events.append(
                {"type": "response.output_item.done", "output_index": index, "item": item}
            )
        usage = {"input_tokens": 100, "output_tokens": 20, "total_tokens": 120}
        usage["input_tokens_details"] = {"cached_tokens": 0}
        usage["output_tokens_details"] = {"reasoning_tokens": 0}
        done = dict(response, status="completed", output=items, usage=usage)
        events.append({"type": "response.completed", "response": done})
        text = "".join(f"event: {e['type']}\ndata: {json.dumps(e)}\n\n" for e in events)
        self._send(200, "text/event-stream", text.encode())

    def _send(self, status, kind, data):
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)
