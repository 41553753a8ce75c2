"""The official anthropic package, instrumented, against the model stub.

anthropic_client.py COLLECTOR_URL {none | gzip}
"""

import sys

import anthropic
from opentelemetry.instrumentation.anthropic import AnthropicInstrumentor

from model_stub import ModelStub
from telemetry import Telemetry

WEATHER = {
    "name": "get_weather",
    "description": "The weather in a city.",
    "input_schema": {"type": "object", "properties": {"city": {"type": "string"}}},
}


def main(collector, compression):
    telemetry = Telemetry(collector, compression)
    AnthropicInstrumentor().instrument()
    with ModelStub() as stub:
        messages(anthropic.Anthropic(base_url=stub.url, api_key="none", max_retries=0))
    telemetry.report()


def messages(client):
    shared = {"model": "stub-1", "max_tokens": 64}
    ask = [{"role": "user", "content": "Say hello."}]
    # Whole.
    client.messages.create(**shared, system="Answer in one sentence.", messages=ask)
    # Streamed.
    for _ in client.messages.create(**shared, messages=ask, stream=True):
        pass
    # A tool call, and the turn that answers it.
    ask = [{"role": "user", "content": "What is the weather in Berlin?"}]
    answer = client.messages.create(**shared, messages=ask, tools=[WEATHER])
    call = answer.content[0]
    result = {"type": "tool_result", "tool_use_id": call.id, "content": "Sunny, 20 degrees."}
    turns = [
        *ask,
        {"role": "assistant", "content": [call.model_dump(exclude_none=True)]},
        {"role": "user", "content": [result]},
    ]
    client.messages.create(**shared, messages=turns)
    # A call that fails.
    try:
        client.messages.create(model="no-such-model", max_tokens=64, messages=ask)
    except anthropic.NotFoundError:
        pass


if __name__ == "__main__":
    main(*sys.argv[1:])
