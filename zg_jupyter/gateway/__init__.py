"""A class gateway: one wallet or key pays, and every student has a capped key of his own.

It speaks the dialect of the hosted router (protocol/router.md), so that one client and one
issuer of keys serve for both.
"""
