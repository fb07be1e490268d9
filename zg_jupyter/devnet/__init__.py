"""The embedded network: a real EVM chain with our contracts and providers on this machine.

Importing this room loads nothing heavy; the parts are imported where they are used:
:mod:`~zg_jupyter.devnet.up` starts and finds a network, :mod:`~zg_jupyter.devnet.chain` is the
chain itself, :mod:`~zg_jupyter.devnet.deploy` puts the contracts on it, and
:mod:`~zg_jupyter.devnet.accounts` names its publicly known accounts.
"""
