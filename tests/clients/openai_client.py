"""The official openai package, instrumented, against the model stub.

openai_client.py COLLECTOR_URL {v2 | openllmetry} {none | gzip}
"""

import sys

import openai

from model_stub import ModelStub
from telemetry import Telemetry

WEATHER = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "The weather in a city.",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}},
    },
}


def main(collector, instrumentation, compression):
    telemetry = Telemetry(collector, compression)
    if instrumentation == "v2":
        from opentelemetry.instrumentation.openai_v2 import OpenAIInstrumentor
    else:
        from opentelemetry.instrumentation.openai import OpenAIInstrumentor
    OpenAIInstrumentor().instrument()

    with ModelStub() as stub:
        client = openai.OpenAI(base_url=f"{stub.url}/v1", api_key="none", max_retries=0)
        chat(client)
    telemetry.report()


def chat(client):
    messages = [
        {"role": "system", "content": "Answer in one sentence."},
        {"role": "user", "content": "Say hello."},
    ]
    # Whole.
    client.chat.completions.create(
        model="stub-1", messages=messages, max_tokens=64, temperature=0.5
    )
    # Streamed.
    for _ in client.chat.completions.create(model="stub-1", messages=messages, stream=True):
        pass
    # A tool call, and the turn that answers it.
    ask = [{"role": "user", "content": "What is the weather in Berlin?"}]
    answer = client.chat.completions.create(model="stub-1", messages=ask, tools=[WEATHER])
    call = answer.choices[0].message
    result = {"role": "tool", "tool_call_id": call.tool_calls[0].id, "content": "Sunny, 20 degrees."}
    client.chat.completions.create(model="stub-1", messages=[*ask, call.model_dump(), result])
    # A call that fails.
    try:
        client.chat.completions.create(model="no-such-model", messages=messages)
    except openai.NotFoundError:
        pass


if __name__ == "__main__":
    main(*sys.argv[1:])
