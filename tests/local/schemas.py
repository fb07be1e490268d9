"""Schemas made by chance; nothing fits some of them."""

from __future__ import annotations

import random
from typing import Any

WORDS = ("a", "b c", "naïve", "x" * 12, '"', "名", "tag-1", "\n")
PATTERNS = ("^[0-9]{5}$", "^[a-z]{1,8}$", "^(red|green)-[A-F0-9]{2}$", "cat", r"^\d{4}-\d{2}$")
FORMATS = ("date", "date-time", "time", "uuid", "ipv4", "email")


def schema(noise: random.Random) -> dict[str, Any]:
    """One schema; objects and arrays in it are at most three deep."""
    return {"$defs": {"one": _choice(noise, 0)}, **_any(noise, 3)}


def _any(noise: random.Random, depth: int) -> dict[str, Any]:
    kinds = [_string, _integer, _number, _choice, _plain, _reference]
    if depth:
        kinds += [_object, _object, _array, _union]
    made: dict[str, Any] = noise.choice(kinds)(noise, depth)
    return made


def _reference(noise: random.Random, depth: int) -> dict[str, Any]:
    del noise, depth
    return {"$ref": "#/$defs/one"}


def _string(noise: random.Random, depth: int) -> dict[str, Any]:
    del depth
    kind = noise.randrange(4)
    if kind == 0:
        return {"type": "string", "pattern": noise.choice(PATTERNS)}
    if kind == 1:
        return {"type": "string", "format": noise.choice(FORMATS)}
    least = noise.randint(0, 5)
    return {"type": "string", "minLength": least, "maxLength": least + noise.randint(0, 10)}


def _integer(noise: random.Random, depth: int) -> dict[str, Any]:
    del depth
    least = noise.randint(-1000, 1000)
    bounds = {"minimum": least, "maximum": least + noise.randint(0, 2000)}
    if noise.random() < 0.3:
        bounds = {"exclusiveMinimum": least, "exclusiveMaximum": least + 3 + noise.randint(0, 99)}
    if noise.random() < 0.3:
        return {"type": "integer", "minimum": -100, "maximum": 100, "multipleOf": 5}
    return {"type": "integer", **bounds}


def _number(noise: random.Random, depth: int) -> dict[str, Any]:
    del depth
    least = noise.uniform(-10, 10)
    return {"type": "number", "minimum": least, "maximum": least + noise.uniform(1, 50)}


def _choice(noise: random.Random, depth: int) -> dict[str, Any]:
    del depth
    values = [*WORDS, 0, -3, 2.5, True, None, [], {"k": 1}]
    if noise.random() < 0.3:
        return {"const": noise.choice(values)}
    return {"enum": noise.sample(values, noise.randint(1, 5))}


def _plain(noise: random.Random, depth: int) -> dict[str, Any]:
    del depth
    return {"type": noise.choice(["boolean", "null", "string", ["null", "boolean"]])}


def _object(noise: random.Random, depth: int) -> dict[str, Any]:
    names = noise.sample(WORDS, noise.randint(1, 4))
    made: dict[str, Any] = {
        "type": "object",
        "properties": {name: _any(noise, depth - 1) for name in names},
        "required": noise.sample(names, noise.randint(0, len(names))),
        "additionalProperties": noise.choice([False, False, True, {"type": "integer"}]),
    }
    if noise.random() < 0.2:
        del made["additionalProperties"]
    return made


def _array(noise: random.Random, depth: int) -> dict[str, Any]:
    least = noise.randint(0, 2)
    made: dict[str, Any] = {"type": "array", "items": _any(noise, depth - 1)}
    if noise.random() < 0.3:
        made["prefixItems"] = [_any(noise, depth - 1) for _ in range(noise.randint(1, 2))]
    return {**made, "minItems": least, "maxItems": least + noise.randint(1, 3)}


def _union(noise: random.Random, depth: int) -> dict[str, Any]:
    parts = [_any(noise, depth - 1) for _ in range(noise.randint(2, 3))]
    return {noise.choice(["anyOf", "anyOf", "oneOf", "allOf"]): parts}
