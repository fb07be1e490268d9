"""What a client does with images and recordings: each is a request like any other."""

from __future__ import annotations

from typing import Any

from zg_jupyter import imaging, transcribing
from zg_jupyter.prompt import Prompt
from zg_jupyter.records import Answer
from zg_jupyter.uploads import FileLike


class MediaCalls:
    """The calls of :class:`zg_jupyter.aio.AsyncClient` that are not about text alone."""

    async def ask(self, prompt: Prompt, **options: Any) -> Answer:
        """Ask and wait for the whole answer."""
        raise NotImplementedError

    async def image(
        self, prompt: str, *, n: int = 1, size: str = "", queued: bool = False, **options: Any
    ) -> Answer:
        """Have images made and wait for them; they are the answer's ``images``.

        Parameters
        ----------
        prompt:
            What is to be seen.
        n:
            How many, up to ten; each is paid.
        size:
            As the model understands it, for example ``512x512``; its own when omitted.
        queued:
            By a job of the provider, where it takes any: it goes on, and is charged, also when
            nobody waits any more, and :meth:`AsyncClient.fetch` gets it later.
        options:
            Of those of :meth:`stream`: model, provider, max_cost, only_verified, failover,
            timeout, retries, cell, notebook.

        Raises
        ------
        ZgError
            As in :meth:`stream`.
        """
        return await self.ask(
            imaging.request(prompt, n, size, queued=queued), **imaging.checked(options)
        )

    async def edit(
        self,
        images: imaging.Given,
        prompt: str,
        *,
        n: int = 1,
        size: str = "",
        queued: bool = False,
        **options: Any,
    ) -> Answer:
        """Have images made from images; they are the answer's ``images``.

        Parameters
        ----------
        images:
            One or several PNG, JPEG or WebP files: paths, bytes, or files opened with ``rb``, up
            to 32 MB together.
        prompt:
            What is to be changed.
        n, size, queued, options:
            As in :meth:`image`.

        Raises
        ------
        ZgError
            As in :meth:`stream`.
        """
        asked = imaging.edit(images, prompt, n, size, queued=queued)
        return await self.ask(asked, **imaging.checked(options))

    async def transcribe(
        self, file: FileLike, *, language: str = "", prompt: str = "", **options: Any
    ) -> Answer:
        """Have the words of a recording written down; they are the answer's ``text``.

        Parameters
        ----------
        file:
            A path, bytes, or a file opened with ``rb``: WAV, FLAC, MP3, OGG, M4A, WebM or AAC, up
            to 32 MB.
        language:
            ISO code of the language that is spoken, as ``id``; the model finds out when omitted.
        prompt:
            A hint: names and words that are said in it.
        options:
            As in :meth:`image`.

        Raises
        ------
        ZgError
            As in :meth:`stream`.
        """
        request = transcribing.request(file, language, prompt)
        return await self.ask(request, **transcribing.checked(options))
