"""`python -m sandbox`: run the vendors until Ctrl-C or SIGTERM."""

from __future__ import annotations

import argparse
import asyncio
import logging
import sys
from pathlib import Path

from sandbox.server import Options, PortInUse, serve


def main() -> int:
    """Run the sandbox and return its exit code: 0 when stopped, 1 when a port is taken."""
    arguments = vars(parser().parse_args())
    level = logging.DEBUG if arguments.pop("verbose") else logging.INFO
    logging.basicConfig(stream=sys.stdout, format="%(message)s")
    logging.getLogger("sandbox").setLevel(level)
    # aiosmtpd reports every connection it loses, which is what the faults are for.
    logging.getLogger("mail.log").setLevel(logging.ERROR)
    try:
        asyncio.run(serve(Options(**arguments)))
    except PortInUse as exc:
        sys.stderr.write(f"sandbox: {exc}\n")
        return 1
    return 0


def parser() -> argparse.ArgumentParser:
    """What the command line may say."""
    usual = Options()
    parser = argparse.ArgumentParser(prog="python -m sandbox", description="The vendors the shop talks to.")
    parser.add_argument("--host", default=usual.host, help="address to listen on (%(default)s)")
    parser.add_argument("--port", type=int, default=usual.port, help="HTTP port, 0 for any (%(default)s)")
    parser.add_argument(
        "--smtp-port", type=int, default=usual.smtp_port, help="SMTP port, 0 for any (%(default)s)"
    )
    parser.add_argument(
        "--data", type=Path, help="folder that keeps everything across restarts (default: memory)"
    )
    parser.add_argument("--seed", default=usual.seed, help="seed of stock moves and of fault probabilities")
    parser.add_argument(
        "--supplier-period",
        dest="supplier_period_seconds",
        type=float,
        default=usual.supplier_period_seconds,
        help="seconds between two moves of the supplier's stock (%(default)s)",
    )
    parser.add_argument(
        "--verbose", action="store_true", help="say every call; the page of the vendors shows them anyway"
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
