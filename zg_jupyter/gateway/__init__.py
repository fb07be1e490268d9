"""A class gateway: an OpenAI-compatible server that asks at one wallet's expense.

It speaks the hosted router's dialect (protocol/router.md), so that a student's client has one
route for both, and a teacher's code one way to make keys. Money is not counted here: every key is
a scope of the ordinary spend record, which reserves before anything is sent.
"""
