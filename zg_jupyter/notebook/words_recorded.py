"""What is said about answers that are recorded and given again."""

from __future__ import annotations

OPTION = "record the answer, and give it again for nothing when the same is asked again"
DOES = "delete the answers that --reuse recorded on this machine"
FORGOTTEN_NONE = "No answers were recorded."
FORGOTTEN_ONE = "1 recorded answer is deleted."
FORGOTTEN_MANY = "{count} recorded answers are deleted."
RECEIPT = "reused, recorded {date}, nothing charged"
