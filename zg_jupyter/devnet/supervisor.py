"""The process that holds an embedded network: chain, contracts, owner and providers.

Started detached by :func:`zg_jupyter.devnet.up.up` as a process of its own.
It reports every part to a file that the starter reads, watches for a stop file, and ends by
itself after hours without use. While it starts, and with ``--exit-with-parent`` for good, it
ends as soon as its stdin closes.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import logging
import logging.handlers
import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

from filelock import FileLock

from zg_jupyter.devnet import state as files
from zg_jupyter.devnet.children import ProviderProcess, ProviderSpec, stop_all
from zg_jupyter.devnet.run_files import Options, Report, life_file, report_file, stop_file
from zg_jupyter.devnet.state import DevnetState, ProviderState
from zg_jupyter.errors import DevnetError, MissingExtra, ZgError

log = logging.getLogger("zg_jupyter.devnet")

TICK = 0.1
LOG_BYTES = 2_000_000


class Supervisor:
    """One run of the embedded network.

    Parameters
    ----------
    options:
        What to run.
    """

    def __init__(self, options: Options) -> None:
        self._options = options
        self._report = Report(report_file(options.state_dir, options.instance))
        self._children: list[ProviderProcess] = []
        self._stop = asyncio.Event()
        self._why = "it was asked to stop"
        self._loop = asyncio.get_running_loop()
        self._ready = False

    def request_stop(self, why: str) -> None:
        """End the network; safe from signal handlers and threads."""

        def stop() -> None:
            if not self._stop.is_set():
                self._why = why
                self._stop.set()

        self._loop.call_soon_threadsafe(stop)

    async def run(self) -> int:
        """Start everything, serve until asked to stop, end everything; returns the exit code."""
        self._watch_stdin()
        self._watch_signals()
        work = asyncio.create_task(self._serve())
        stopped = asyncio.create_task(self._stop.wait())
        watch = asyncio.create_task(self._watch_stop_file())
        try:
            await asyncio.wait({work, stopped}, return_when=asyncio.FIRST_COMPLETED)
            if not work.done():
                log.info("stopping: %s", self._why)
                work.cancel()
            await work
        except asyncio.CancelledError:
            return 0
        except ZgError as error:
            self._report.failed(error)
            return 1
        except OSError as error:
            self._report.failed(files.cannot_write(self._options.state_dir, error))
            return 1
        finally:
            watch.cancel()
            stopped.cancel()
        return 0

    # -- the network -------------------------------------------------------------------------

    async def _serve(self) -> None:
        try:
            from zg_jupyter.devnet.chain import Chain
            from zg_jupyter.devnet.deploy import deploy
            from zg_jupyter.devnet.owner import OwnerWatch
            from zg_jupyter.devnet.rpc_server import serve
        except ImportError:
            raise MissingExtra("The embedded network", "cpu,devnet") from None

        options, report = self._options, self._report
        started = time.monotonic()
        chain = await asyncio.to_thread(Chain)
        async with serve(chain, port=options.port, instance=options.instance) as served:
            report.part(f"chain {chain.chain_id} at {served.rpc_url}", started)
            since = time.monotonic()
            deployment = await deploy(served.rpc_url)
            report.part("contracts", since)
            try:
                async with OwnerWatch(served.rpc_url, deployment):
                    providers = await self._start_providers(served.rpc_url)
                    await self._confirmed(served.rpc_url, deployment.inference, providers)
                    state = DevnetState(
                        instance=options.instance,
                        pid=os.getpid(),
                        rpc_url=served.rpc_url,
                        chain_id=chain.chain_id,
                        ledger=deployment.ledger,
                        inference=deployment.inference,
                        started_at=int(time.time()),
                        log=str(options.run_dir / "devnet.log"),
                        providers=providers,
                    )
                    files.write(state, options.state_dir)
                    report.part("ready after", started)
                    self._ready = True
                    report.ready()
                    await self._stay(state, lambda: (chain.height, served.rpc.last_used))
            finally:
                # Before the chain goes: providers settle what they are still owed.
                files.remove(options.instance, options.state_dir)
                await asyncio.shield(asyncio.to_thread(stop_all, self._children))

    async def _start_providers(self, rpc_url: str) -> tuple[ProviderState, ...]:
        options = self._options
        if not options.providers:
            return ()
        for model in {(s.model, s.engine) for s in options.providers}:
            await _in_daemon_thread(partial(self._fetch_model, *model))
        since = time.monotonic()
        deadline = since + options.timeout
        for spec in options.providers:
            self._children.append(ProviderProcess(spec, rpc_url, options.run_dir))
        ready: dict[str, ProviderState] = {}
        while len(ready) < len(self._children):
            for child in self._children:
                if child.spec.name in ready:
                    continue
                announced = child.announced()
                if announced is not None:
                    ready[child.spec.name] = announced
                    self._report.part(f"provider {child.spec.name} at {announced.url}", since)
                elif time.monotonic() > deadline:
                    raise child.failure(f"was not ready after {options.timeout:.0f} s")
            await asyncio.sleep(TICK)
        return tuple(ready[child.spec.name] for child in self._children)

    def _fetch_model(self, model: str, engine: str) -> None:
        """Once, before several providers would fetch it at the same time."""
        if ":" in engine:  # module:factory, an engine of one's own with models of its own
            return
        from zg_jupyter.local import models

        since = time.monotonic()
        models.ensure(model, progress=self._report.line)
        self._report.part(f"model {model}", since)

    async def _confirmed(
        self, rpc_url: str, inference: str, providers: tuple[ProviderState, ...]
    ) -> None:
        """Wait until the owner has acknowledged every provider's signer."""
        from zg_jupyter.chain.contracts import Contracts
        from zg_jupyter.chain.rpc import Rpc

        rpc = Rpc(rpc_url)
        contracts = Contracts(rpc, "", inference)
        deadline = time.monotonic() + self._options.timeout
        try:
            for provider in providers:
                while not ((s := await contracts.service(provider.address)) and s.acknowledged):
                    if time.monotonic() > deadline:
                        raise DevnetError(
                            f"Provider {provider.name} was not acknowledged in time.",
                            next_step=f"Read the log: {self._options.run_dir / 'devnet.log'}",
                        )
                    await asyncio.sleep(TICK)
        finally:
            await rpc.aclose()

    async def _stay(self, state: DevnetState, activity: Callable[[], object]) -> None:
        """Keep the state file true until the network is told, or has long enough, to stop."""
        seen, used = activity(), time.monotonic()
        while True:
            await asyncio.sleep(TICK)
            codes = [child.exit_code for child in self._children]
            if codes != [p.exit_code for p in state.providers]:
                both = zip(state.providers, codes, strict=True)
                state = replace(
                    state, providers=tuple(replace(p, exit_code=code) for p, code in both)
                )
                log.warning("a provider ended: %s", codes)
                try:
                    files.write(state, self._options.state_dir)
                except DevnetError as error:
                    log.warning("%s", error)  # a full disk ends no network that runs
            if (now := activity()) != seen:
                seen, used = now, time.monotonic()
            if time.monotonic() - used > self._options.idle_hours * 3_600:
                log.info("stopping: unused for %s hours", self._options.idle_hours)
                return

    # -- reasons to stop ---------------------------------------------------------------------

    async def _watch_stop_file(self) -> None:
        path = stop_file(self._options.state_dir, self._options.instance)
        while True:
            if path.exists():
                self.request_stop("it was asked to stop")
                return
            await asyncio.sleep(TICK)

    def _watch_stdin(self) -> None:
        """The starter holds the other end; when it dies while we start, nobody wants us."""

        def wait() -> None:
            # Not sys.stdin, whose lock a waiting thread would hold when Python ends.
            while os.read(0, 1):
                pass
            if self._options.exit_with_parent or not self._ready:
                self.request_stop("the process that started it ended")

        if sys.stdin is not None:
            threading.Thread(target=wait, name="stdin", daemon=True).start()

    def _watch_signals(self) -> None:
        # Not loop.add_signal_handler, which Windows does not have.
        for name in ("SIGINT", "SIGTERM", "SIGBREAK"):
            if hasattr(signal, name):
                signal.signal(
                    getattr(signal, name), lambda *_: self.request_stop("a signal arrived")
                )


async def _in_daemon_thread(work: Callable[[], None]) -> None:
    """Like ``asyncio.to_thread``, but nobody waits for a download when the process ends."""
    loop = asyncio.get_running_loop()
    done: asyncio.Future[None] = loop.create_future()

    def finish(error: BaseException | None) -> None:
        if not done.done():
            done.set_result(None) if error is None else done.set_exception(error)

    def run() -> None:
        error: BaseException | None = None
        try:
            work()
        except Exception as raised:  # noqa: BLE001 - raised again where it is awaited
            error = raised
        with contextlib.suppress(RuntimeError):  # the loop is gone: so is the one who waited
            loop.call_soon_threadsafe(finish, error)

    threading.Thread(target=run, name="model", daemon=True).start()
    await done


def _options(arguments: list[str] | None) -> Options:
    parser = argparse.ArgumentParser(prog="zg_jupyter.devnet.supervisor")
    parser.add_argument("--state-dir", type=Path, required=True)
    parser.add_argument("--instance", required=True)
    parser.add_argument("--providers", default="[]", help="JSON list of providers")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--timeout", type=float, default=120.0, help="seconds to start")
    parser.add_argument("--idle-hours", type=float, default=12.0)
    parser.add_argument("--exit-with-parent", action="store_true")
    given = vars(parser.parse_args(arguments))
    providers = tuple(ProviderSpec(**one) for one in json.loads(given.pop("providers")))
    return Options(**given, providers=providers)


def main(arguments: list[str] | None = None) -> int:
    """Run one embedded network until it is stopped; returns the exit code."""
    options = _options(arguments)
    files.make_folder(options.run_dir)
    handler = logging.handlers.RotatingFileHandler(
        options.run_dir / "devnet.log", maxBytes=LOG_BYTES, backupCount=1, encoding="utf-8"
    )
    logging.basicConfig(
        level=logging.INFO,
        handlers=[handler],
        format="%(asctime)s %(levelname)s %(name)s: %(message)s",
    )
    # One line per request tells nobody anything.
    logging.getLogger("httpx").setLevel(logging.WARNING)

    async def run() -> int:
        return await Supervisor(options).run()

    with FileLock(life_file(options.run_dir)):
        code = asyncio.run(run())
    log.info("ended with code %d", code)
    return code


if __name__ == "__main__":
    sys.exit(main())
