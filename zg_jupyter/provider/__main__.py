"""``python -m zg_jupyter.provider``: run a provider until a signal ends it."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import logging
import os
import signal
import sys
import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from zg_jupyter import settings
from zg_jupyter.errors import ConfigError, MissingExtra, WalletError, ZgError
from zg_jupyter.local.upstream import Upstream
from zg_jupyter.networks import NETWORKS
from zg_jupyter.provider.config import Config, Limits
from zg_jupyter.provider.wire import where
from zg_jupyter.wallet.sources import KeyWallet, from_key

KEY_VARIABLE = "ZG_PROVIDER_KEY"
_REMOTE_RATE = 10.0


def parser() -> argparse.ArgumentParser:
    """The command line."""
    devnet = NETWORKS["devnet"]
    p = argparse.ArgumentParser(
        prog="zg-jupyter provider",
        description="Serve a model for 0G Compute: check, meter, sign, settle.",
        epilog=f"The wallet's private key is read from the environment variable {KEY_VARIABLE}.",
    )
    p.add_argument("--rpc", required=True, metavar="URL", help="JSON-RPC endpoint of the chain")
    p.add_argument("--ledger", default=devnet.ledger, metavar="ADDR", help="LedgerManager")
    p.add_argument("--inference", default=devnet.inference, metavar="ADDR", help="InferenceServing")
    p.add_argument("--name", default="provider", help="shown in the catalog")
    p.add_argument("--state-dir", type=Path, metavar="DIR", help="meter and signer's key")
    p.add_argument("--host", default="127.0.0.1", help="address to listen on")
    p.add_argument("--port", type=int, default=0, help="0: the system chooses")
    p.add_argument(
        "--public-url", default="", metavar="URL", help="where clients find it; default: host:port"
    )
    p.add_argument(
        "--input-price", type=int, default=Config.input_price, metavar="NEURON", help="per token"
    )
    p.add_argument(
        "--output-price", type=int, default=Config.output_price, metavar="NEURON", help="per token"
    )
    p.add_argument(
        "--engine", help="llamacpp (default), torch, upstream, or module:factory of your own"
    )
    p.add_argument("--model", help=f"default: {Config.model}, or the upstream's name for it")
    p.add_argument(
        "--context-length", type=int, default=0, metavar="TOKENS", help="of prompt and answer"
    )
    p.add_argument(
        "--upstream",
        metavar="URL",
        help="an OpenAI-compatible server that runs the model: vLLM, SGLang, Ollama, llama.cpp",
    )
    p.add_argument("--upstream-model", default="", metavar="NAME", help="its name there")
    p.add_argument(
        "--upstream-key-env",
        default="",
        metavar="VARIABLE",
        help="the environment variable that holds the key of that server",
    )
    p.add_argument("--announce", type=Path, metavar="FILE", help="JSON file written when serving")
    p.add_argument("--settle-every", type=float, default=Config.settle_every, metavar="SECONDS")
    p.add_argument("--exit-with-parent", action="store_true", help="stop when stdin is closed")
    p.add_argument("--keep-service", action="store_true", help="stay registered after the stop")
    p.add_argument(
        "--max-concurrent", type=int, default=Limits.concurrent, metavar="N", help="at the model"
    )
    p.add_argument("--max-queue", type=int, default=Limits.queue, metavar="N", help="waiting")
    p.add_argument(
        "--requests-per-second",
        type=float,
        metavar="N",
        help="per client address; default: no limit on loopback, 10 elsewhere",
    )
    p.add_argument("--log-level", default="info", choices=["debug", "info", "warning", "error"])
    return p


def read_config(arguments: argparse.Namespace) -> Config:
    """The configuration that a command line means.

    Raises
    ------
    ConfigError
        A value is out of bounds.
    """
    upstream = _upstream(arguments)
    engine = arguments.engine or ("upstream" if upstream else Config.engine)
    named = arguments.upstream_model if upstream else ""
    config = Config(
        rpc_url=arguments.rpc,
        state_dir=arguments.state_dir or settings.home() / "providers" / arguments.name,
        ledger=arguments.ledger,
        inference=arguments.inference,
        name=arguments.name,
        host=arguments.host,
        port=arguments.port,
        public_url=arguments.public_url.rstrip("/"),
        input_price=arguments.input_price,
        output_price=arguments.output_price,
        engine=engine,
        model=arguments.model or named or Config.model,
        context_length=arguments.context_length,
        upstream=upstream,
        settle_every=arguments.settle_every,
        keep_service=arguments.keep_service,
        announce=arguments.announce,
        limits=Limits(concurrent=arguments.max_concurrent, queue=arguments.max_queue),
    )
    rate = arguments.requests_per_second
    if rate is None:
        rate = 0.0 if config.on_loopback else _REMOTE_RATE
    return replace(config, limits=replace(config.limits, requests_per_second=rate))


def _upstream(arguments: argparse.Namespace) -> Upstream | None:
    """The server that runs the model; its key leaves the environment."""
    if not arguments.upstream:
        if arguments.upstream_model or arguments.upstream_key_env:
            raise ConfigError("Which upstream server is meant?", next_step="Add --upstream URL")
        return None
    if not (arguments.model or arguments.upstream_model):
        raise ConfigError(
            "What the model is called is not said.", next_step="Add --upstream-model NAME"
        )
    key, variable = "", arguments.upstream_key_env
    if variable and not (key := os.environ.pop(variable, "").strip()):
        raise ConfigError(
            "The environment variable for the key of the upstream server is not set.",
            next_step="Set it, and give its name, not the key itself: --upstream-key-env VARIABLE",
        )
    if not key.isascii() or not key.isprintable():
        raise ConfigError("The key of the upstream server is not one line of plain characters.")
    return Upstream(arguments.upstream, arguments.upstream_model or arguments.model, key)


def take_key() -> KeyWallet:
    """The provider's wallet; its key leaves the environment, so that no child inherits it.

    Raises
    ------
    WalletError
        There is no key, or it is none. The message never repeats it.
    """
    key = os.environ.pop(KEY_VARIABLE, "")
    if not key:
        raise WalletError(
            f"The provider has no wallet: {KEY_VARIABLE} is not set.",
            next_step=f"Set {KEY_VARIABLE} to the private key of the provider's wallet.",
        )
    return from_key(key)


async def _serve(config: Config, wallet: KeyWallet, exit_with_parent: bool) -> None:
    try:
        from zg_jupyter.provider.run import serving
    except ImportError:
        raise MissingExtra("Running a provider", "devnet") from None

    stop = asyncio.Event()
    loop = asyncio.get_running_loop()

    def ask_to_stop() -> None:
        loop.call_soon_threadsafe(stop.set)

    for name in ("SIGTERM", "SIGINT", "SIGBREAK"):
        if (number := getattr(signal, name, None)) is not None:
            signal.signal(number, lambda *_: ask_to_stop())
    if exit_with_parent:
        threading.Thread(target=_wait_for_eof, args=(ask_to_stop,), daemon=True).start()
    started = asyncio.Event()

    async def live() -> None:
        async with serving(config, wallet):
            started.set()
            await stop.wait()

    life = asyncio.ensure_future(live())
    asked = asyncio.ensure_future(stop.wait())
    await asyncio.wait({life, asked}, return_when=asyncio.FIRST_COMPLETED)
    asked.cancel()
    if not started.is_set():
        life.cancel()  # also in the middle of its start it undoes what it began
    with contextlib.suppress(asyncio.CancelledError):
        await life


def _wait_for_eof(then: Callable[[], None]) -> None:
    with contextlib.suppress(OSError, ValueError):
        # Not sys.stdin, whose lock a waiting thread would hold when Python ends.
        while os.read(0, 4096):
            pass
    with contextlib.suppress(RuntimeError):  # the loop is gone already
        then()


def main(argv: Sequence[str] | None = None) -> int:
    """Run a provider.

    Returns
    -------
    int
        0 after a clean stop, 1 when running failed, 2 when it could not start.
    """
    arguments = parser().parse_args(argv)
    logging.basicConfig(
        level=arguments.log_level.upper(),
        format="%(asctime)s %(levelname)s %(message)s",
        stream=sys.stderr,
    )
    for name in ("httpx", "httpcore", "uvicorn", "asyncio"):
        logging.getLogger(name).setLevel(logging.WARNING)
    try:
        config = read_config(arguments)
        wallet = take_key()
        asyncio.run(_serve(config, wallet, arguments.exit_with_parent))
    except ZgError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    except Exception as error:  # noqa: BLE001 - a fault of ours; no values in what is shown
        sys.stderr.write(f"The provider failed: {where(error)}. Metered requests are kept.\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
