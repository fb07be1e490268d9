"""Errors without a past, for functions that are given a key (:mod:`zg_jupyter.quiet`)."""

from __future__ import annotations

from zg_jupyter.quiet import quiet as quiet
