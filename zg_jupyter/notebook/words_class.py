"""What is said about classes, and to students who join one."""

from __future__ import annotations

ARGUMENTS = (
    ""
    "[new|add|sheet|table|plot|pause|resume|topup|extend|revoke|renew|budget|hours|open|close|forget]"
    " [--students N] [--roster FILE] [--limit AMOUNT] [--total AMOUNT] [--reset PERIOD]"
    " [--expires DAY] [--models A,B] [--model NAME] [--rpm N] [--network NAME] [--router URL]"
    " [--class NAME] [--language en|id] [--live] [--renew] [--yes]"
)
DOES = "keys with limits for a class of students: made, printed, watched, ended"
JOIN_ARGUMENTS = "[CODE|LINK] [--keep] [--forget]"
JOIN_DOES = "join your teacher's class with the code or link of your card"
CHOICES = (
    *("new", "add", "sheet", "table", "plot", "pause", "resume", "topup", "extend", "revoke"),
    *("renew", "budget", "hours", "open", "close", "forget"),
)
OPTIONS = (
    *("--students", "--roster", "--limit", "--total", "--reset", "--expires", "--models"),
    *("--model", "--rpm", "--network", "--router", "--class", "--language"),
)

UNKNOWN = "There is no command %zg class {name!r}."
USAGE_NEXT = "For example: %zg class new phys101 --students 30 --limit 0.5"
UNKNOWN_OPTION = "%zg class {command} has no option {name!r}."
NEEDS_VALUE = "{name} needs a value."
NEEDS_NAME = "A new class needs a name."
NEEDS_STUDENTS = "How many students are there?"
NEEDS_STUDENTS_NEXT = "Give --students 30, or --roster FILE.csv."
NEEDS_LIMIT = "How much may each student spend?"
NEEDS_LIMIT_NEXT = "Give --limit 0.5 (0G for each student)."
NOT_A_NUMBER = "{name} wants a whole number, not {value!r}."
NEEDS = {
    "sheet": "%zg class sheet needs a folder.",
    "pause": "%zg class pause needs a student, or the word all.",
    "resume": "%zg class resume needs a student, or the word all.",
    "revoke": "%zg class revoke needs a student, or the word all.",
    "renew": "%zg class renew needs a student, or the word all.",
    "topup": "%zg class topup needs a student (or the word all) and an amount.",
    "extend": "%zg class extend needs a student (or the word all) and a day.",
    "budget": "%zg class budget needs an amount.",
    "hours": "%zg class hours needs hours, or the word off.",
    "add": "%zg class add needs a name, or --roster FILE.",
}
NEEDS_NEXT = {
    "sheet": "For example: %zg class sheet handouts",
    "pause": 'For example: %zg class pause "Amina Yusuf"',
    "resume": 'For example: %zg class resume "Amina Yusuf"',
    "revoke": 'For example: %zg class revoke "Amina Yusuf"',
    "renew": 'For example: %zg class renew "Amina Yusuf"',
    "topup": "For example: %zg class topup all 0.25",
    "extend": "For example: %zg class extend all 2027-01-31",
    "budget": "For example: %zg class budget 20",
    "hours": 'For example: %zg class hours "Mon-Fri 08:00-16:00 Asia/Jakarta"',
    "add": 'For example: %zg class add "Amina Yusuf"',
}
TOO_MUCH = "%zg class {command} does not understand {words!r}."

ASK_KEY = "Management key (mk-...) for {router} (it is not shown):"
NO_CLASSES = (
    "There is no class on this machine. Make one: %zg class new phys101 --students 30 --limit 0.5"
)
CLASSES_HEAD = ("class", "students", "keys made", "limit for each", "router")
WORST = "{keys} keys of {limit} each for {name}, at {router}: at most {most} in all."
WORST_RESET = (
    "{keys} keys of {limit} each ({reset}) for {name}, at {router}: at most {most} in all, "
    "over {periods} periods."
)
WORST_UNBOUNDED = (
    "{keys} keys of {limit} each ({reset}) for {name}, at {router}: {period} a period, and "
    "nothing ends it."
)
WORST_TOTAL = "The class as a whole may spend {total}."
NOT_YET = "Nothing is made yet. To make the keys: %zg class new {name} --yes"
NOT_YET_ADDED = "No key is made yet. To make it: %zg class new {name} --yes"
MAKING = "{done} of {count} keys are made"
PAUSING = "The router asks for a pause of {seconds:.0f} seconds."
MADE = "{count} keys are made now; {kept} were there already."
RENEWED = "These had a key whose secret was lost; it was revoked and made anew: {names}."
MADE_NEXT = "Next, the cards to print: %zg class sheet FOLDER"
ADDED = "New: {names}."
ADDED_NONE = "Everybody is in the class already."
SHEET = "Written, for your eyes only: {page} (print it from a browser) and {table}."
SHEET_NEXT = "Delete both when the cards are handed out: whoever has a card can spend its limit."
PAUSED = "Paused: {names}."
RESUMED = "Going on: {names}."
TOPPED = "{amount} more for: {names}."
EXTENDED = "Their last day is {day} now: {names}."
NEVER = "none"
REVOKED = "Revoked; the next request is refused: {names}."
REVOKE_ALL = "This ends every key of {name}. If you mean it: %zg class revoke all --yes"
RENEWED_KEY = (
    "A new key, and the old one is refused from now on: {names}. Print the cards anew: %zg "
    "class sheet FOLDER"
)
BUDGET = "The class may spend {total} as a whole now."
OPENED = "The class is open."
CLOSED = "The class is closed; nobody's questions are answered until: %zg class open"
HOURS = "The class is open: {hours}."
ALWAYS = "always"
KEEPS_PROMPTS = "The gateway of {name} keeps prompts and answers; students are told of it."
FORGOTTEN = "This machine forgot {name}; its keys stay what they are."
FORGET_ALL = (
    "{count} keys of {name} still work, and without its file they cannot be managed here. If "
    "you mean it: %zg class forget --yes"
)
NAMES_MORE = "{names} and {count} more"
PLOT = "{name}: spent by student"
LIVE_HEAD = ("student", "state", "requests", "tokens", "spent", "remaining", "last seen")
LIVE_TITLE = "{name}: {spent} spent · {time}"
LIVE_STOP = "Stop"
LIVE_STOPPED = "{title} (stopped)"
LIVE_TROUBLE = "{title} · not reached: {why}"

ASK_CODE = "Your code, link or key (it is not shown):"
NO_CODE = "No code was typed; nothing has changed."
KEY_AS_CODE = "This code carries a key, and what stands in a cell is saved with the notebook."
KEY_AS_CODE_NEXT = (
    "Delete this cell, run %zg join alone, and paste the code where it asks. If the notebook was "
    "shared, ask your teacher for a new card."
)
JOIN_USAGE = "%zg join takes one code or link, and {words!r} is given."
JOIN_USAGE_NEXT = "For example: %zg join https://HOST/join/K7QX-3M9P, or %zg join alone"
JOINED = "Welcome{name}{room}: {model}{budget}."
JOINED_NAME = ", {name}"
JOINED_ROOM = " to {room}"
JOINED_MODEL = "you ask {model}"
JOINED_ANY = "you may ask any model (%zg models)"
JOINED_BUDGET = ", for up to {budget}"
JOINED_KEEPS_PROMPTS = (
    "This class keeps what you ask and what is answered, and your teacher can read it; --private "
    "prompts are not kept."
)
JOINED_NEXT = "Now a cell that starts with %%zg_infer, and your question on the line below."
JOINED_KEEP = (
    "After a restart you need a new code, unless you keep the key on this machine: %zg join --keep"
)
KEPT = "The key is kept in {path}, which only you can read; %zg join --forget deletes it."
KEEP_NOTHING = "There is no key to keep."
KEEP_NOTHING_NEXT = "Join first: %zg join CODE"
FORGOT = "The key is forgotten, here and on disk."
