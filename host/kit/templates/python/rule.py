"""A rule for bijotel: warns of several exclamation marks in a row.

wit/policy.wit is the contract. `wit_world` is made of it when the rule is built; for an editor, make
it with `.venv/bin/componentize-py -d wit -w policy-rule bindings bindings`.
"""

import json
from itertools import chain

from componentize_py_types import Err
from wit_world import exports
from wit_world.imports import types

SCHEMA = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "additionalProperties": False,
    "properties": {
        "marks": {
            "type": "integer",
            "minimum": 1,
            "maximum": 1000,
            "default": 3,
            "description": "How many exclamation marks in a row are too many.",
        }
    },
}

marks = "!!!"


class Rule(exports.Rule):
    def describe(self) -> types.Description:
        return types.Description(
            id="{{name}}",
            version="0.1.0",
            summary="Warns of several exclamation marks in a row.",
            stages=[types.Stage.ADMISSION, types.Stage.INSPECTION],
            facts=[],
            configuration_schema=json.dumps(SCHEMA),
            look_back=0,
        )

    def configure(self, configuration: str) -> None:
        """Its state afterwards is what every evaluation starts from."""
        global marks
        settings = json.loads(configuration)
        count = settings.pop("marks", 3)
        if settings:
            raise Err(f"unknown configuration key `{min(settings)}`")
        if type(count) is not int or not 1 <= count <= 1000:
            raise Err("the configuration key `marks`: expected a number from 1 to 1000")
        marks = "!" * count

    def counters(self) -> list[types.Counter]:
        return []

    def evaluate(self, call: types.Call) -> types.Evaluation:
        ranges = []
        for place, text in pieces(call):
            at = text.find(marks)
            while at >= 0:
                ranges.append(byte_range(place, text, at, at + len(marks)))
                at = text.find(marks, at + len(marks))
        if not ranges:
            return types.Evaluation(types.Verdict_Allow(), [], [])
        reason = "Several exclamation marks in a row."
        finding = types.Finding("shouting.marks", reason, ranges[:100])
        return types.Evaluation(types.Verdict_Warn(), [finding], [])


def pieces(call: types.Call):
    """All texts of a call: what goes to the model, what came, and the arguments of tool calls."""
    for text in chain(call.input, call.output):
        yield text.place, text.content
    for tool in call.tool_calls:
        yield tool.place, tool.arguments


def byte_range(place: str, text: str, start: int, end: int) -> types.ByteRange:
    """Offsets count bytes of UTF-8, where a Python string counts characters."""
    before = len(text[:start].encode())
    return types.ByteRange(place, before, before + len(text[start:end].encode()))
