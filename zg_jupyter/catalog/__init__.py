"""Who offers what: read from the chain, filled in by providers, kept on disk."""

from __future__ import annotations

from zg_jupyter.catalog.offers import CHAT, Catalog, Sellers, additional_info, offer_of

__all__ = ["CHAT", "Catalog", "Sellers", "additional_info", "offer_of"]
