"""``zg-jupyter gateway``: its options, and running it until it is told to stop."""

from __future__ import annotations

import argparse
import asyncio
import signal
import sys
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING

from zg_jupyter.errors import BadInput, ZgError
from zg_jupyter.gateway import hours, hub, reach, run
from zg_jupyter.gateway.keys import Rules
from zg_jupyter.units import parse_amount

if TYPE_CHECKING:
    from zg_jupyter.aio import AsyncClient

_CLEAR = (
    "Keys and prompts cross your network unencrypted; HTTPS: --tls-cert FILE, or a proxy and "
    "--public-url https://HOST"
)

_RATE = "for every key; over all gateways with one ZG_SPEND_STORE (without: each counts its own)"


def main(argv: Sequence[str]) -> int:
    """Run a gateway; 0 when it was stopped, 1 for an error (one sentence on stderr)."""
    options = _parser().parse_args(argv)
    try:
        return _run(options)
    except ZgError as error:
        print(f"zg-jupyter gateway: {error}", file=sys.stderr)
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="zg-jupyter gateway",
        description="Give a class capped keys, and pay for all of them from one wallet or key. "
        "Students use any OpenAI client; the wallet is the one that %zg wallet chose, or the "
        "key in ZG_API_KEY.",
    )
    add = parser.add_argument
    add("--class", dest="name", default="class", metavar="NAME", help="the class's name")
    add("--budget", default="", metavar="0G", help="what the whole class may spend")
    add("--share", default="", metavar="0G", help="what a Hub's user gets, who has no key yet")
    add("--network", default=None, help="which network pays (default: the setting)")
    add("--confirm", action="store_true", help="your yes to a network with real money")
    add("--host", default="127.0.0.1", help="where to listen (default: this machine only)")
    add("--port", type=int, default=8700, help="0 lets the system choose (default 8700)")
    add("--tls-cert", default="", metavar="FILE", help="answer by HTTPS: the chain, as PEM")
    add("--tls-key", default="", metavar="FILE", help="its key (default: in the same file)")
    add("--public-url", default="", metavar="URL", help="how students reach it (their links)")
    add(
        "--behind",
        action="append",
        default=[],
        metavar="ADDRESS",
        help="a proxy (or its network) whose X-Forwarded-For is believed; no others' is",
    )
    add("--hours", default="", help='opening hours, like "Mon-Fri 08:00-16:00 Asia/Jakarta"')
    add("--model", default="", help="the model that students who join are told")
    add("--requests-per-minute", type=int, default=None, metavar="N", help=_RATE)
    add(
        "--log-text",
        action="store_true",
        help="keep what students ask and are answered, in a file; they are told of it",
    )
    add("--jupyterhub", action="store_true", help="be a service of the Hub that starts this")
    add("--drain-seconds", type=float, default=30.0, metavar="S", help=argparse.SUPPRESS)
    return parser


def _run(options: argparse.Namespace) -> int:
    from zg_jupyter import client
    from zg_jupyter.background import shared

    hours.read(options.hours)
    if not options.name.strip() or not options.name.isprintable():
        raise BadInput("A class needs a name that can be read: --class NAME")
    service = hub.service_of() if options.jupyterhub else None
    certificate = reach.certificate(options.tls_cert, options.tls_key)
    if service and certificate:
        raise BadInput("Before a service of a Hub, HTTPS is the Hub's: leave out --tls-cert.")
    config = run.Config(
        name=options.name.strip(),
        host=service.host if service else options.host,
        port=service.port if service else options.port,
        service=service,
        public_url=reach.public_url(options.public_url, tls=certificate is not None),
        certificate=certificate,
        log_text=options.log_text,
        behind=reach.proxies(options.behind),
        rules=Rules(
            hours=options.hours,
            rate=options.requests_per_minute,
            share=parse_amount(options.share) if options.share else None,
            model=options.model,
        ),
        budget=parse_amount(options.budget) if options.budget else None,
        drain_seconds=options.drain_seconds,
    )
    stop = _Stop()
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, stop)
    # With real money, the process has a limit of its own beside the class's.
    own = options.budget if options.confirm else ""
    with client.connect(options.network, confirm=options.confirm, budget=own) as session:
        shared().run(_serve(config, session._inner, stop))
    return 0


class _Stop:
    """What SIGTERM and Ctrl-C set from the main thread, and the gateway's loop waits for."""

    def __init__(self) -> None:
        self._asked = False
        self._tell: Callable[[], None] | None = None

    def __call__(self, *_: object) -> None:
        """A signal came; a second one while answers still run changes nothing."""
        self._asked = True
        if self._tell is not None:
            self._tell()

    async def wait(self) -> None:
        """Until the first signal."""
        loop, event = asyncio.get_running_loop(), asyncio.Event()
        self._tell = partial(_set, loop, event)
        if not self._asked:
            await event.wait()


def _set(loop: asyncio.AbstractEventLoop, event: asyncio.Event) -> None:
    loop.call_soon_threadsafe(event.set)


async def _serve(config: run.Config, payer: AsyncClient, stop: _Stop) -> None:
    async with run.serving(config, payer) as running:
        print(f"The class {config.name!r} is served at {running.url}", flush=True)
        if reach.in_the_clear(running.url, config.host):
            print(_CLEAR, flush=True)
        print(f"Its management key is in {running.manager_file}.", flush=True)
        print(f"Its audit log, without prompts, is {running.audit_file}.", flush=True)
        if running.text_file:
            print(
                f"Prompts and answers are kept in {running.text_file}; students are told.",
                flush=True,
            )
        print(f"See your class at {running.url.removesuffix('/v1')}/admin", flush=True)
        await stop.wait()
        print("Stopping: answers that run are finished.", flush=True)
