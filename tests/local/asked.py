"""Asking an engine, in one line."""

from __future__ import annotations

from zg_jupyter.local.engine import Piece
from zg_jupyter.records import ChatRequest, Message


def asking(text: str, **fields) -> ChatRequest:
    return ChatRequest((Message("user", text),), **{"temperature": 0, **fields})


async def all_of(engine, request) -> list[Piece]:
    return [piece async for piece in engine.stream(request)]


def text_of(pieces: list[Piece]) -> str:
    return "".join(piece.text for piece in pieces)
