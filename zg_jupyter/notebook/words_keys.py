"""What is said about API keys."""

from __future__ import annotations

ARGUMENTS = (
    "create PROVIDER [--label L] [--days N] | list | revoke PROVIDER ID | revoke-all PROVIDER"
)
DOES = "API keys that others can use at your expense"
CHOICES = ("create", "list", "revoke", "revoke-all")

USAGE = "%zg keys needs to know what to do."
USAGE_NEXT = "For example: %zg keys list, or %zg keys create PROVIDER --label student-7 --days 30"
UNKNOWN = "There is no command '%zg keys {name}'."
NEEDS_PROVIDER = "%zg keys {command} needs a provider."
SEE_PROVIDERS = "See them with: %zg providers"
NEEDS_KEY = "%zg keys revoke needs a provider and the id or label of a key."
NEEDS_VALUE = "{name} needs a value."
NOT_DAYS = "--days wants a whole number, not {value!r}."
TITLE = (
    "API key {id} for provider {provider}. It is shown once and kept nowhere: whoever has it "
    "spends your money there."
)
CREATED = "Key {id} is made{label}; it {expires}."
NEVER = "never expires"
EXPIRES = "expires on {when}"
LABELLED = " ({label})"
REVOKED = "Key {id} is revoked. Providers may still accept it for up to 5 minutes."
REVOKED_ALL = (
    "Every key and session of provider {provider} is revoked. "
    "It may still accept them for up to 5 minutes."
)
