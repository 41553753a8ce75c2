"""A model that answers at once, for tests: the two HTTP APIs that the client packages speak.

It listens on loopback and answers OpenAI's chat completions and Anthropic's messages, whole or
streamed. Asked with tools, it calls the first of them; otherwise it says the same sentence every time.
"""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

ANSWER = "Hello from the stub."
TOOL_ARGUMENTS = {"city": "Berlin"}


class ModelStub:
    """The stub in a thread of its own: `with ModelStub() as stub: ... stub.url`."""

    def __enter__(self):
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *error):
        self._server.shutdown()


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        request = json.loads(self.rfile.read(int(self.headers["content-length"])))
        answers = {
            "/v1/chat/completions": (openai_answer, openai_stream),
            "/v1/messages": (anthropic_answer, anthropic_stream),
        }
        if self.path not in answers:
            return self.send(404, "application/json", b'{"error":{"message":"no such path"}}')
        whole, streamed = answers[self.path]
        if request.get("model") == "no-such-model":
            return self.send(404, "application/json", json.dumps(NO_SUCH_MODEL).encode())
        if request.get("stream"):
            return self.send(200, "text/event-stream", "".join(streamed(request)).encode())
        return self.send(200, "application/json", json.dumps(whole(request)).encode())

    def send(self, status, content_type, body):
        self.send_response(status)
        self.send_header("content-type", content_type)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments):
        """Says nothing: standard output belongs to the test."""


NO_SUCH_MODEL = {
    "type": "error",
    "error": {"type": "not_found_error", "code": "model_not_found", "message": "no such model"},
}


def openai_answer(request):
    message = {"role": "assistant", "content": ANSWER}
    finish = "stop"
    if request.get("tools"):
        message = {"role": "assistant", "content": None, "tool_calls": [openai_tool_call(request)]}
        finish = "tool_calls"
    return {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 1700000000,
        "model": request["model"],
        "choices": [{"index": 0, "message": message, "finish_reason": finish}],
        "usage": {"prompt_tokens": 9, "completion_tokens": 5, "total_tokens": 14},
    }


def openai_tool_call(request):
    return {
        "id": "call_1",
        "type": "function",
        "function": {
            "name": request["tools"][0]["function"]["name"],
            "arguments": json.dumps(TOOL_ARGUMENTS),
        },
    }


def openai_stream(request):
    def chunk(choices, **more):
        shared = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1700000000}
        return f"data: {json.dumps({**shared, 'model': request['model'], 'choices': choices, **more})}\n\n"

    def delta(content, finish=None):
        return [{"index": 0, "delta": content, "finish_reason": finish}]

    yield chunk(delta({"role": "assistant", "content": ""}))
    if request.get("tools"):
        yield chunk(delta({"tool_calls": [{"index": 0, **openai_tool_call(request)}]}))
        yield chunk(delta({}, "tool_calls"))
    else:
        for word in ANSWER.split(" "):
            yield chunk(delta({"content": word + " "}))
        yield chunk(delta({}, "stop"))
    if (request.get("stream_options") or {}).get("include_usage"):
        yield chunk([], usage={"prompt_tokens": 9, "completion_tokens": 5, "total_tokens": 14})
    yield "data: [DONE]\n\n"


def anthropic_answer(request):
    content, stop = [{"type": "text", "text": ANSWER}], "end_turn"
    if request.get("tools"):
        call = {"type": "tool_use", "id": "toolu_1", "name": request["tools"][0]["name"]}
        content, stop = [{**call, "input": TOOL_ARGUMENTS}], "tool_use"
    return {
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "model": request["model"],
        "content": content,
        "stop_reason": stop,
        "stop_sequence": None,
        "usage": {"input_tokens": 9, "output_tokens": 5},
    }


def anthropic_stream(request):
    def event(kind, **more):
        return f"event: {kind}\ndata: {json.dumps({'type': kind, **more})}\n\n"

    message = anthropic_answer(request)
    yield event("message_start", message={**message, "content": [], "stop_reason": None})
    for index, block in enumerate(message["content"]):
        if block["type"] == "text":
            start, delta = {"type": "text", "text": ""}, {"type": "text_delta", "text": block["text"]}
        else:
            start = {**block, "input": {}}
            delta = {"type": "input_json_delta", "partial_json": json.dumps(block["input"])}
        yield event("content_block_start", index=index, content_block=start)
        yield event("content_block_delta", index=index, delta=delta)
        yield event("content_block_stop", index=index)
    stop = {"stop_reason": message["stop_reason"], "stop_sequence": None}
    yield event("message_delta", delta=stop, usage={"output_tokens": 5})
    yield event("message_stop")
