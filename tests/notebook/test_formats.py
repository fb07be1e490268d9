"""Answers as text, code, JSON or HTML; the provider says what the prompt tells it to."""

from __future__ import annotations

import json
from html import unescape
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from zg_jupyter.errors import AnswerUnfit, BadInput, BudgetExceeded
from zg_jupyter.notebook.formats import code_in, html_frame, json_bundle
from zg_jupyter.records import Answer
from zg_jupyter.units import to_0g


class City(BaseModel):
    city: str


CITY = City.model_json_schema()
PYTHON = "```python⏎x = 6⏎print(x * 7)⏎```"


def run(shell, code):
    done = shell.run_cell(code, store_history=True)
    return done.error_in_exec or done.error_before_exec or done.result


def rows(shell):
    return len(run(shell, "%zg spend"))


def outputs(kernel, code):
    """The reply of a cell, and what its outputs show at the end."""
    reply, sent = kernel.run(code)
    shown = {}
    for number, (kind, content) in enumerate(sent):
        if kind in ("display_data", "update_display_data"):
            shown[content.get("transient", {}).get("display_id", number)] = content["data"]
    return reply, list(shown.values())


# --- text ------------------------------------------------------------------------------------


def test_text_in_a_notebook_is_a_stream_and_plain_means_the_same(echo_kernel):
    for option in ("--format text", "--plain", "-f text --plain"):
        _, sent = echo_kernel.run(f"%%zg_infer {option}\n**hello**")
        streamed = "".join(content["text"] for kind, content in sent if kind == "stream")
        assert streamed.startswith("**hello**\ndirect · ")
        assert not [kind for kind, _ in sent if kind == "display_data"]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ("--plain --format json", "--plain is --format text"),
        ("--schema form --format code", "--schema asks for JSON"),
        ("--format html", "%zg set allow_html on"),
        ("--format jsn", "Did you mean 'json'"),
        ("--compare a,b --format json", "cannot be used together with --format json"),
        ("--compare a,b --schema form", "cannot be used together with --schema"),
        ("--schema frm", "Did you mean 'form'"),
        ("--schema nobody", "no variable 'nobody'"),
        ("--schema text", "a pydantic model or a JSON schema"),
        ("--schema broken", "not a JSON schema"),
        ("--schema ./nowhere.json", "cannot be read"),
        ("--schema key", "private key"),
    ],
)
def test_what_cannot_be_meant_sends_nothing(echo, capsys, options, said):
    key = "0x" + "4f3edf983ac636a65a842ce7c78d9aa706d3b113bce9c46f30d7d21715b23b1d"
    echo.user_ns.update(form=CITY, text="no form", broken={"type": 5}, key={"const": key})
    before = rows(echo)
    refused = run(echo, f"%%zg_infer {options}\nhello")
    assert isinstance(refused, BadInput)
    assert said in str(refused)
    assert "Nothing was" in str(refused)
    assert rows(echo) == before


# --- code ------------------------------------------------------------------------------------


def test_code_is_offered_as_the_next_cell_and_not_run(echo):
    run(echo, f"%%zg_infer --format code --out answer\n{PYTHON}")
    assert echo.rl_next_input == "x = 6\nprint(x * 7)"
    assert "x" not in echo.user_ns
    assert isinstance(echo.user_ns["_"], Answer)
    assert echo.user_ns["answer"].text.startswith("```python")


def test_a_notebook_gets_code_as_an_inert_block_and_the_next_cell(echo_kernel):
    reply, (answer, _) = outputs(echo_kernel, f"%%zg_infer --format code\n{PYTHON}")
    assert answer["text/markdown"] == "```python\nx = 6\nprint(x * 7)\n```"
    (payload,) = reply["payload"]
    assert (payload["source"], payload["replace"]) == ("set_next_input", False)
    assert payload["text"] == "x = 6\nprint(x * 7)"


def test_code_without_a_fence_is_shown_as_a_block(echo_kernel):
    _, (answer, _) = outputs(echo_kernel, "%%zg_infer --format code\nprint('<b>')")
    assert answer["text/markdown"] == "```python\nprint('<b>')\n```"


@pytest.mark.parametrize(
    "text",
    [
        "```bash⏎rm -rf build⏎```",
        "I cannot write that.",
        "```python⏎if x:⏎```",
        "%%bash⏎rm -rf build",
        "```⏎⏎```",
    ],
)
def test_what_is_no_python_is_shown_only(echo, text):
    echo.rl_next_input = None
    run(echo, f"%%zg_infer --format code\n{text}")
    assert echo.rl_next_input is None


def test_code_that_was_cut_short_is_not_offered(echo):
    echo.rl_next_input = None
    run(echo, f"%%zg_infer --format code --max-tokens 2\n{PYTHON}")
    assert echo.rl_next_input is None


@pytest.mark.parametrize(
    ("text", "code", "language"),
    [
        ("x = 1", "x = 1", ""),
        ("So\n```bash\npip\n```\nThen\n```Python\na = 1\nb = 2\n```", "a = 1\nb = 2", "python"),
        ("```\na\n```\n```\nb\n```", "a", ""),
        ("~~~py\nx = '```'\n~~~", "x = '```'", "py"),
        ("- so:\n  ```py\n  if x:\n    y\n  ```", "if x:\n  y", "py"),
        ("```py\nnever closed", "never closed", "py"),
        ("```py\na\x1b[2J\n```", "a[2J", "py"),
    ],
)  # fmt: skip
def test_the_largest_block_is_the_code(text, code, language):
    assert code_in(text) == (code, language)


@given(st.text(alphabet="`~ab\n py", max_size=60))
def test_code_is_found_in_anything(text):
    code, _ = code_in(text)
    assert len(code) <= len(text)


# --- json ------------------------------------------------------------------------------------


def test_json_is_a_value_and_shown_readably(echo, capsys):
    run(echo, '%%zg_infer --format json --out answer\n```json⏎{"a":[1,2]}⏎```')
    assert echo.user_ns["answer"].value == {"a": [1, 2]}
    shown = capsys.readouterr().out
    assert shown.startswith('{\n  "a": [\n    1,\n    2\n  ]\n}\ndirect · ')


def test_a_notebook_gets_json_as_data_and_never_as_html(echo_kernel):
    reply, (answer, _) = outputs(
        echo_kernel, '%%zg_infer --format json\n{"a":"<script>x</script>"}'
    )
    assert reply["status"] == "ok"
    assert answer["application/json"] == {"a": "<script>x</script>"}
    assert json.loads(answer["text/plain"]) == {"a": "<script>x</script>"}
    assert set(answer) == {"application/json", "text/plain"}


def test_text_that_is_no_json_stays_visible_and_the_error_says_what_it_cost(echo, capsys):
    before = rows(echo)
    refused = run(echo, "%%zg_infer --format json --out answer\nParis, I think")
    shown = capsys.readouterr().out.partition("Paris")
    assert isinstance(refused, AnswerUnfit)
    last = run(echo, "zg.last")
    assert f"{to_0g(last.cost):f}"[:8] in str(refused)
    assert "it is not JSON" in str(refused)
    assert shown[2].startswith(", I think\ndirect · ")
    assert (last.text, last.value) == ("Paris, I think", None)
    assert echo.user_ns["answer"] == last
    assert rows(echo) == before + 1


def test_invalid_json_in_a_notebook_stays_as_it_came(echo_kernel):
    reply, (answer, _) = outputs(echo_kernel, "%%zg_infer --format json\n{oops")
    assert reply["ename"] == "AnswerUnfit"
    assert answer["text/markdown"] == "```json\n{oops\n```"


def test_half_characters_and_controls_in_a_value_are_not_shown():
    bundle = json_bundle({"a": "x\ud800\x1b[2Jy\n"})
    assert bundle["application/json"]["a"].startswith("x")
    assert bundle["text/plain"] == '{\n  "a": "x\\u001b[2Jy\\n"\n}'
    json.dumps(bundle, ensure_ascii=False).encode()


# --- schemas -----------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["dict", "model", "file"])
def test_a_value_of_the_wanted_form_is_the_result(echo, tmp_path, kind):
    (tmp_path / "city.json").write_text(json.dumps(CITY), encoding="utf-8")
    echo.user_ns.update(form={"dict": CITY, "model": City, "file": None}[kind])
    name = f'"{tmp_path / "city.json"}"' if kind == "file" else "form"
    run(echo, f'%%zg_infer --schema {name} --out answer\n{{"city":"Paris"}}')
    value = City(city="Paris") if kind == "model" else {"city": "Paris"}
    assert echo.user_ns["answer"].value == value
    assert repr(value) in repr(echo.user_ns["_"])
    assert run(echo, "zg.last") == echo.user_ns["answer"]


def test_the_answer_as_a_result_shows_the_value(echo_kernel):
    echo_kernel.run('%%zg_infer --format json --out got\n{"a":1}')
    _, sent = echo_kernel.run("got")
    (data,) = [content["data"] for kind, content in sent if kind == "execute_result"]
    assert data["application/json"] == {"a": 1}
    assert data["text/markdown"] == '```json\n{\n  "a": 1\n}\n```'
    assert data["text/plain"].startswith("<Answer {'a': 1} from")


def test_an_answer_that_does_not_fit_is_asked_for_once_more(echo, capsys):
    echo.user_ns["form"] = CITY
    before = rows(echo)
    run(echo, '%%zg_infer --schema form --out answer\n{"city":5} ===> {"city":"Paris"}')
    answer = echo.user_ns["answer"]
    assert answer.value == {"city": "Paris"}
    assert rows(echo) == before + 2
    spent = run(echo, "%zg spend")["cost_0g"].iloc[-2:].sum()
    assert spent == to_0g(answer.cost)
    assert len(answer.attempts) == 2
    shown = capsys.readouterr().out
    assert "[The answer does not fit: 5 is not of type 'string'. It cost " in shown
    assert '"city": 5' not in shown


def test_after_one_more_try_it_is_an_error_with_both_costs(echo):
    echo.user_ns["form"] = City
    before = rows(echo)
    refused = run(echo, '%%zg_infer --schema form --out answer\n{"city":5} ===> {"town":1}')
    assert isinstance(refused, AnswerUnfit)
    assert "Charged for 2 answers: " in str(refused)
    assert run(echo, "zg.last.text") == '{"town":1}'
    assert echo.user_ns["answer"].value is None
    assert rows(echo) == before + 2


WRONG_THEN_RIGHT = '{"city":5} ===> {"city":"Paris"}'


def limited(shell, tokens):
    """A cell whose limit is what one answer may cost at most."""
    shell.user_ns["form"] = CITY
    client = shell.user_ns["zg"].client
    most = client.plan(WRONG_THEN_RIGHT, schema=CITY, max_tokens=tokens).steps[0].cost.high
    options = f"--schema form --max-tokens {tokens} --max-cost {to_0g(most):f}"
    return run(shell, f"%%zg_infer {options}\n{WRONG_THEN_RIGHT}")


def test_the_second_request_gets_what_the_first_one_left(echo, capsys):
    before = rows(echo)
    assert limited(echo, 400) is None
    assert "Your budget pays for" in capsys.readouterr().out
    assert rows(echo) == before + 2


def test_without_money_for_a_second_request_the_error_says_what_the_first_one_cost(echo):
    before = rows(echo)
    refused = limited(echo, 16)
    assert isinstance(refused, BudgetExceeded)
    assert "The answer before, which did not fit, cost" in str(refused)
    assert "Nothing was charged" not in str(refused)
    assert run(echo, "zg.last.text") == '{"city":5}'
    assert rows(echo) == before + 1


def test_the_plan_counts_the_schema(echo):
    echo.user_ns["form"] = CITY
    plain, formed = (
        run(echo, f"%%zg_infer --plan {options}\nhello").rows[0][3]
        for options in ("", "--schema form")
    )
    assert plain != formed


def test_code_asks_for_data_as_well(echo):
    got = echo.user_ns["zg"].ask('{"city":5} ===> {"city":"Rome"}', schema=City, system="Be kind.")
    assert got.value == City(city="Rome")
    assert len(got.before) == 1
    assert {got: 1}[got] == 1  # a value that cannot be hashed is no hindrance


def test_a_conversation_keeps_the_text_of_data(echo):
    echo.user_ns["form"] = CITY
    run(echo, '%%zg_infer --chat c --schema form\n{"city":"Paris"} ===> {"city":"Rome"}')
    run(echo, "%%zg_infer --chat c --schema form --out answer\nAnd now?")
    assert echo.user_ns["answer"].value == {"city": "Rome"}


# --- html ------------------------------------------------------------------------------------


class Frames(HTMLParser):
    """Every tag, with its attributes."""

    def __init__(self):
        super().__init__()
        self.tags = []

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))


def framed(source):
    parser = Frames()
    parser.feed(html_frame(source)["text/html"])
    return parser.tags


@given(st.text(max_size=80) | st.sampled_from(['"><script>a</script>', "</iframe><b>", "&quot;>"]))
def test_nothing_of_the_html_gets_out_of_the_frame(source):
    ((tag, attributes),) = framed(source)
    assert tag == "iframe"
    assert set(attributes) == {"sandbox", "referrerpolicy", "style", "srcdoc"}
    assert not attributes["sandbox"]
    assert "height:" in attributes["style"]
    assert attributes["srcdoc"].startswith("<!DOCTYPE html><meta http-equiv=")
    assert "default-src 'none'; style-src 'unsafe-inline'; img-src data:" in attributes["srcdoc"]


def test_the_source_is_in_the_frame_as_it_was_written():
    source = '<p class="a">1 &amp; 2 < 3</p>'
    bundle = html_frame(f"```html\n{source}\n```")
    assert bundle["text/plain"] == source
    ((_, attributes),) = framed(source)
    assert attributes["srcdoc"].endswith(source)
    assert unescape(bundle["text/html"]).count("<iframe") == 1


def test_html_is_shown_where_it_was_allowed(echo_kernel):
    echo_kernel.run("%zg set allow_html on")
    reply, (answer, _) = outputs(echo_kernel, "%%zg_infer --format html\n```html⏎<h1>Hi</h1>⏎```")
    assert reply["status"] == "ok"
    assert "sandbox" in answer["text/html"]
    assert answer["text/plain"] == "<h1>Hi</h1>"
    _, cut = outputs(echo_kernel, "%%zg_infer --format html --max-tokens 2\n<h1>Hi</h1><script>")
    assert cut[0]["text/plain"] == "<h1>Hi</h1><sc"
    echo_kernel.run("%zg set allow_html off")
    reply, _ = outputs(echo_kernel, "%%zg_infer --format html\n<h1>Hi</h1>")
    assert reply["ename"] == "BadInput"
