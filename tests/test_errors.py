"""Errors: the drawn tree is the real one, each is a sentence, and a notebook shows one line."""

from __future__ import annotations

import copy
import inspect
import pickle
import re
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zg_jupyter import errors
from zg_jupyter.errors import ZgError

CLASSES = [
    value
    for _, value in inspect.getmembers(errors, inspect.isclass)
    if issubclass(value, ZgError) and value.__module__ == errors.__name__
]
MAKE = {
    errors.MissingExtra: lambda: errors.MissingExtra("The thing", "devnet"),
    errors.ContractReverted: lambda: errors.ContractReverted(
        "InsufficientBalance", ("0x1",), next_step="Run: %zg deposit 5"
    ),
    errors.InsufficientFunds: lambda: errors.InsufficientFunds(
        "The ledger is empty.", needed=2, available=1, next_step="Run: %zg deposit 5"
    ),
    errors.ProviderRefused: lambda: errors.ProviderRefused(
        "It said no.", status=400, next_step="Ask another one."
    ),
}


def one(cls: type[ZgError]) -> ZgError:
    make = MAKE.get(cls)
    return make() if make else cls("It went wrong.", next_step="Try again.")


def drawn_tree() -> dict[str, str]:
    """Child -> parent, as drawn at the top of errors.py."""
    parents: dict[str, str] = {}
    path: list[str] = []
    for line in (errors.__doc__ or "").splitlines():
        match = re.match(r"^ {4}([│ ├└─]*)([A-Z]\w+)\b", line)
        if match is None:
            continue
        depth = len(match.group(1)) // 4
        path[depth:] = [match.group(2)]
        if depth:
            parents[match.group(2)] = path[depth - 1]
    return parents


def test_the_tree_at_the_top_of_the_file_is_the_real_one():
    real = {cls.__name__: cls.__bases__[0].__name__ for cls in CLASSES if cls is not ZgError}
    assert drawn_tree() == real


@pytest.mark.parametrize("cls", CLASSES, ids=lambda c: c.__name__)
def test_an_error_says_what_happened_what_was_charged_and_what_to_do(cls):
    error = one(cls)
    assert error.what
    assert error.charged == "Nothing was charged."
    assert error.next_step
    assert str(error) == f"{error.what} Nothing was charged. {error.next_step}"
    assert "\n" not in str(error)


def test_what_was_charged_can_be_told_later():
    error = ZgError("It broke.")
    error.charged = "The part that arrived is billed."
    assert str(error) == "It broke. The part that arrived is billed."


def test_a_missing_part_names_the_command_that_installs_it():
    assert one(errors.MissingExtra).next_step == 'Run: pip install "zg-jupyter[devnet]"'


def test_a_refusal_of_a_contract_keeps_its_name_and_arguments():
    error = one(errors.ContractReverted)
    assert (error.name, error.arguments) == ("InsufficientBalance", ("0x1",))
    assert str(error).startswith("The contract refused: InsufficientBalance(0x1).")


def test_numbers_travel_with_the_errors_about_money():
    error = one(errors.InsufficientFunds)
    assert (error.needed, error.available) == (2, 1)


@pytest.mark.parametrize("cls", CLASSES, ids=lambda c: c.__name__)
@settings(max_examples=20, deadline=None)
@given(
    sentences=st.tuples(st.text(), st.text(), st.text()),
    numbers=st.tuples(st.integers(), st.none() | st.floats(allow_nan=False)),
    note=st.text(),
    protocol=st.integers(0, pickle.HIGHEST_PROTOCOL),
)
def test_an_error_travels_to_another_process_as_it_is(cls, sentences, numbers, note, protocol):
    error = made(cls, sentences, numbers)
    error.charged = sentences[1]
    error.__notes__ = [note]
    copies = [pickle.loads(pickle.dumps(error, protocol)), copy.copy(error), copy.deepcopy(error)]
    for other in copies:
        assert type(other) is cls
        assert (str(other), other.args, vars(other)) == (str(error), error.args, vars(error))
        assert other._render_traceback_() == error._render_traceback_()


def made(cls, sentences, numbers):
    """An error of a class, whatever it wants to be told; a new one with other wishes fails here."""
    what, charged, then = sentences
    number, seconds = numbers
    given = {
        "what": what,
        "charged": charged,
        "next_step": then,
        "sentence": charged,
        "name": what,
        "feature": what,
        "extra": then,
        "needed": number,
        "available": number,
        "status": number,
        "retry_after": seconds,
        "code": then,
        "scope": then,
        "arguments": (what, number),
    }
    wanted = inspect.signature(cls.__init__).parameters
    return cls(**{name: given[name] for name in wanted if name != "self"})


def test_every_error_of_the_package_is_in_the_tree():
    def below(cls):
        return {cls}.union(*map(below, cls.__subclasses__()))

    assert {cls for cls in below(ZgError) if cls.__module__.startswith("zg_jupyter")} == {*CLASSES}


CELL = """
from IPython.core.interactiveshell import InteractiveShell
shell = InteractiveShell.instance(colors="NoColor")
shell.run_line_magic("xmode", "{mode}")
result = shell.run_cell('''
from zg_jupyter.errors import BadInput
def inner():
    try:
        1 / 0
    except ZeroDivisionError as error:
        raise BadInput("That cannot be meant.", next_step="Write a number.") from error
inner()
''', store_history=False)
assert not result.success
assert type(result.error_in_exec).__name__ == "BadInput"
"""


@pytest.mark.parametrize("mode", ["Plain", "Context", "Verbose", "Minimal"])
def test_a_notebook_shows_one_line_and_the_cell_fails(tmp_path, mode):
    result = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", CELL.format(mode=mode)],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
        env={
            "PYTHONPATH": str(Path(errors.__file__).parents[1]),
            "IPYTHONDIR": str(tmp_path),
            "HOME": str(tmp_path),
            "SYSTEMROOT": "",
        },
    )
    shown = [line for line in result.stdout.splitlines() if line.strip()]
    assert shown[-1] == "BadInput: That cannot be meant. Nothing was charged. Write a number."
    assert [line for line in shown if "xception reporting mode" not in line] == shown[-1:]
