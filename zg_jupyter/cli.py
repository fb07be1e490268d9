"""The command line: ``zg-jupyter demo``, ``devnet up|down|status``, ``verify``, ``provider``,
``gateway``."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from zg_jupyter._version import __version__
from zg_jupyter.errors import ZgError
from zg_jupyter.units import format_0g


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command.

    Returns
    -------
    int
        0 when it worked, 1 for an error (one sentence on stderr), 130 when interrupted.
    """
    arguments = list(sys.argv[1:] if argv is None else argv)
    if arguments[:1] == ["provider"]:
        # Its options are its own: one parser, one --help.
        from zg_jupyter.provider.__main__ import main as provider

        return provider(arguments[1:])
    if arguments[:1] == ["gateway"]:
        from zg_jupyter.gateway.command import main as gateway

        return gateway(arguments[1:])
    options = _parser().parse_args(arguments)
    try:
        return int(options.run(options))
    except ZgError as error:
        print(f"zg-jupyter: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nzg-jupyter: interrupted.", file=sys.stderr)
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="zg-jupyter", description="0G Compute from a notebook: ask, pay, verify."
    )
    parser.add_argument("--version", action="version", version=f"%(prog)s {__version__}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    demo = commands.add_parser(
        "demo",
        help="embedded network, two providers, one notebook",
        description="Start the embedded network, run examples/01_first_answer.ipynb on it, print "
        "the answers and the spend table, and stop everything that was started.",
    )
    demo.add_argument("--lab", action="store_true", help="open JupyterLab on the notebook instead")
    demo.set_defaults(run=_demo)

    devnet = commands.add_parser("devnet", help="the embedded network on this machine")
    actions = devnet.add_subparsers(required=True, metavar="ACTION")
    up = actions.add_parser("up", help="start it, or find it running")
    up.add_argument("--providers", type=int, default=2, help="how many providers (default 2)")
    up.set_defaults(run=_up)
    actions.add_parser("down", help="stop it and everything it started").set_defaults(run=_down)
    actions.add_parser("status", help="say whether and where it runs").set_defaults(run=_status)

    verify = commands.add_parser(
        "verify",
        help="check the receipts in a saved notebook",
        description="Check every answer in a saved notebook against its receipt. Ends with 1 when "
        "one does not hold or has none.",
    )
    verify.add_argument("notebook", metavar="FILE.ipynb")
    verify.add_argument(
        "--online",
        action="store_true",
        help="also ask the chain whether the signers are the registered ones",
    )
    verify.add_argument("--network", default="", help="which network (default: the setting)")
    verify.set_defaults(run=_verify)

    commands.add_parser("provider", help="serve a model and be paid for it", add_help=False)
    commands.add_parser("gateway", help="pay for a class's capped keys", add_help=False)
    return parser


def _demo(options: argparse.Namespace) -> int:
    from zg_jupyter import demo

    return demo.open_lab() if options.lab else demo.run()


def _up(options: argparse.Namespace) -> int:
    from zg_jupyter import client

    with client.up(providers=options.providers, progress=print) as session:
        print(f"The embedded network runs at {session.network.rpc_url} (chain 31337).")
    print(
        'Next, in a notebook: %load_ext zg_jupyter, then %zg up. Stop it: "zg-jupyter devnet down"'
    )
    return 0


def _down(_: argparse.Namespace) -> int:
    from zg_jupyter import client

    print("Stopped." if client.down() else "The embedded network is not running.")
    return 0


def _verify(options: argparse.Namespace) -> int:
    from zg_jupyter.notebook import receipt_commands

    path = Path(options.notebook)
    rows = receipt_commands.examine(path, online=options.online, network=options.network)
    print(repr(receipt_commands.table(path, rows)) if rows else receipt_commands.title(path, rows))
    return int(any(row.fails for row in rows))


def _status(_: argparse.Namespace) -> int:
    from zg_jupyter import client

    with client.connect("devnet") as session:
        seen = session.overview()
        print(f"network   devnet, {session.network.rpc_url} (chain {session.network.chain_id})")
        print(f"wallet    {seen.address}  {format_0g(seen.wallet, digits=8)}")
        ledger = format_0g(seen.ledger.available, digits=8) if seen.ledger else "none yet"
        print(f"ledger    {ledger} available")
        for offer in session.offers():
            print(f"provider  {offer.provider}  {offer.model}  {offer.url}")
    return 0
