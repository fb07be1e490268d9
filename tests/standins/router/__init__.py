"""A stand-in for the hosted 0G router on loopback. For tests; it is not the router.

The hosted router cannot be reached here, so this follows what is known of it
(protocol/router.md, above all section 14), and nothing behind it is real: no model answers, no
chain holds money, no enclave signs; sealed requests alone it passes on, to a provider that a test
gives it (``sealed.py``). What it cannot show is how the hosted router behaves where
no source says it. Such points are switches of :class:`~tests.standins.router.faults.Faults`, each
with a line that says so and the default that is harder on a client. Left out: ``/messages``,
``/files``, plugins, several choices (``n``), sign-in of wallets, credit grants.

::

    with standin() as router:
        key = router.new_key(name="amina", credit_limit="2.5")
        openai.OpenAI(base_url=router.base_url, api_key=key)
"""

from tests.standins.router.server import Arrived, RouterStandin, standin

__all__ = ["Arrived", "RouterStandin", "standin"]
