"""The seller's side: an HTTP server that checks, meters, signs and settles.

:mod:`~zg_jupyter.provider.run` holds the life of a provider from start to clean shutdown;
``python -m zg_jupyter.provider`` runs one.
"""
