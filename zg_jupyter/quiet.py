"""Errors without a past: the frames of a failed call hold the secret it was given."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import ParamSpec, TypeVar

from zg_jupyter.errors import ZgError

P = ParamSpec("P")
T = TypeVar("T")


def quiet(function: Callable[P, T]) -> Callable[P, T]:
    """Let errors of a function out without its frames, arguments and causes."""

    @functools.wraps(function)
    def call(*args: P.args, **kwargs: P.kwargs) -> T:
        try:
            return function(*args, **kwargs)
        except ZgError as error:
            failure = error.with_traceback(None)
        del args, kwargs
        failure.__cause__ = failure.__context__ = None
        try:
            raise failure
        finally:
            del failure  # an error that knows a frame that knows the error is never freed

    return call
