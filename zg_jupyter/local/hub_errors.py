"""What goes wrong with the Hugging Face hub, in sentences."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from zg_jupyter.errors import BadInput, ModelError, ZgError
from zg_jupyter.local import fetch


@dataclass(frozen=True)
class About:
    """What was wanted, from where, and how many bytes it needs on the disk.

    ``listed``: the hub said what the repository holds, so that it is there.
    """

    repo: str
    revision: str
    endpoint: str
    root: Path
    offline: bool
    needed: int = 0
    listed: bool = False

    @property
    def host(self) -> str:
        """Name of the hub, for people."""
        return urlsplit(self.endpoint).hostname or "the hub"

    @property
    def url(self) -> str:
        """Page of the model."""
        return f"{self.endpoint}/{self.repo}"


def sentence(error: Exception, about: About) -> ZgError:
    """What people read instead of an error of huggingface_hub, or of what it is built on."""
    from huggingface_hub import errors as theirs
    from huggingface_hub import get_token

    again = "What was fetched is kept: the same command goes on from there."
    if about.offline or isinstance(error, theirs.OfflineModeIsEnabled):
        return ModelError(
            f"{about.repo} is not here, and HF_HUB_OFFLINE keeps everything off the network.",
            next_step="Take HF_HUB_OFFLINE away, or use a model that is here: %zg local models",
        )
    code, sends = status(error), get_token() is not None
    if isinstance(error, theirs.GatedRepoError):
        has = "your token has no access yet" if sends else "no token was sent"
        return ModelError(
            f"{about.repo} is gated: its owners decide who may fetch it, and {has}.",
            next_step=f"Accept its terms on {about.url}, then set HF_TOKEN and try again.",
        )
    if isinstance(error, theirs.RevisionNotFoundError):
        return BadInput(
            f"{about.repo} has no revision {about.revision[:60]!r}.",
            next_step="Leave it out, or give a branch, tag or commit of the repository.",
        )
    if isinstance(error, theirs.EntryNotFoundError) or (code == 404 and about.listed):
        return ModelError(
            f"{about.host} lists a file of {about.repo} that it does not have.",
            next_step="Try another revision.",
        )
    if isinstance(error, theirs.RepositoryNotFoundError) or code == 404:
        if sends:
            return BadInput(
                f"There is no model {about.repo} on {about.host} that your token may see.",
                next_step="Check the name, and that HF_TOKEN may read it.",
            )
        return BadInput(
            f"There is no model {about.repo} on {about.host}, or it is private.",
            next_step="Check the name; for a private one, set HF_TOKEN.",
        )
    if code in (401, 403):
        return ModelError(
            f"{about.host} does not let {'your token' if sends else 'us'} fetch {about.repo} "
            f"({code}).",
            next_step="Set HF_TOKEN to a token that may read it.",
        )
    if code:
        return ModelError(
            f"{about.host} could not answer ({code}).", next_step=f"Try again later. {again}"
        )
    if isinstance(error, theirs.HFValidationError):
        return BadInput(
            f"{about.repo[:80]!r} cannot be the name of a model.",
            next_step="Names look like owner/name.",
        )
    if isinstance(error, OSError) and error.errno:
        return fetch.disk_error(error, about.root, about.needed)
    if "size" in str(error):
        return ModelError(
            f"{about.host} sent a file of {about.repo} with another length than it has.",
            next_step=f"Check the network or a proxy. {again}",
        )
    return ModelError(
        f"{about.host} could not be reached, or went silent ({type(error).__name__}).",
        next_step=f"Check the network or proxy. {again} Models that are here: %zg local models",
    )


def status(error: Any) -> int:
    """HTTP status of an error, or 0."""
    return int(getattr(getattr(error, "response", None), "status_code", 0) or 0)
