"""The fifty chats whose answers are recorded: short, long, several turns, code, other scripts."""

from __future__ import annotations

_LEDGER = (
    "A ledger is a book in which a merchant writes what came in and what went out. Every line has "
    "a date, an amount and a name. Nothing is erased: a mistake is corrected by a further line, so "
    "that anybody who reads the book later can see what was thought at the time. "
)
_MICE = " ".join(f"Mouse number {n} likes cheese." for n in range(1, 41))

#: What one person asks, once.
_QUESTIONS = (
    "What is the capital of France?",
    "Tell me a short story about a cat and 12345 mice.",
    "List five fruits and their colors.",
    "Write a Python function that adds two numbers.",
    "¿Qué es la fotosíntesis? Réponds en français, s'il te plaît. 🎉",
    "Hi",
    "?",
    "42",
    "What is 2 + 2?",
    "Name three planets.",
    "Who wrote Romeo and Juliet?",
    "Explain gravity to a child.",
    "Give me a haiku about the sea.",
    "Why is the sky blue?",
    "Translate 'good morning' to German.",
    "What is the opposite of hot?",
    "How do I boil an egg?",
    "Write one sentence with the word 'ledger'.",
    "Apa ibu kota Indonesia?",
    "Jelaskan secara singkat apa itu fotosintesis.",
    "Sebutkan tiga buah yang tumbuh di Jawa.",
    "Tolong tuliskan pantun tentang hujan di pagi hari.",
    "Bagaimana cara membuat nasi goreng?",
    "Selamat pagi! Siapa nama kamu?",
    "🙂🙃🤖🚀",
    "What does 👍🏽 mean? And 👨‍👩‍👧‍👦?",
    "日本の首都はどこですか？",
    "Столица России?",
    "ما هي عاصمة مصر؟",
    "def fibonacci(n):\n    if n < 2:\n        return n\n",
    "Fix this:\n```python\nfor i in range(10)\n    print(i)\n```",
    "SELECT name, count(*) FROM people GROUP BY",
    '{"name": "Ada", "born": 1815} -> as YAML?',
    "What does `git rebase -i HEAD~3` do?",
    "x = [1, 2, 3]\ny = x\ny.append(4)\n# What is x now?",
    "\tTabs,   spaces   and\n\n\nempty lines\r\nhere. What do you see?",
    f"{_LEDGER * 2}What is a ledger?",
    f"{_MICE} How many mice are there?",
    f"Summarize in one sentence: {_LEDGER * 4}",
)
_TEACHER = ("system", "You are a patient teacher. Answer in one short sentence.")
_PIRATE = ("system", "You are a pirate. Talk like one.")
_ASSISTANT = ("system", "Kamu adalah asisten yang menjawab dalam bahasa Indonesia.")

#: Role and content of each turn.
CHATS: tuple[tuple[tuple[str, str], ...], ...] = (
    *((("user", question),) for question in _QUESTIONS),
    (_TEACHER, ("user", "What is a prime number?")),
    (_TEACHER, ("user", "Why do cats purr?")),
    (_PIRATE, ("user", "How is the weather today?")),
    (_ASSISTANT, ("user", "Apa warna langit?")),
    (("user", "My name is Budi."), ("assistant", "Hello Budi!"), ("user", "What is my name?")),
    (
        ("user", "Count to three."),
        ("assistant", "1, 2, 3."),
        ("user", "Go on."),
        ("assistant", "4, 5, 6."),
        ("user", "Go on."),
    ),
    (_PIRATE, ("user", "Ahoy!"), ("assistant", "Arr!"), ("user", "Where is the treasure?")),
    (
        _ASSISTANT,
        ("user", "Halo!"),
        ("assistant", "Halo, ada yang bisa saya bantu?"),
        ("user", "Tolong beri satu contoh kalimat."),
    ),
    (
        ("user", _LEDGER),
        ("assistant", "I see."),
        ("user", "What happens to a mistake?"),
    ),
    (
        ("user", "Write a loop in Python."),
        ("assistant", "```python\nfor i in range(3):\n    print(i)\n```"),
        ("user", "And with while?"),
    ),
    (_TEACHER, ("user", f"{_MICE} Which number comes last? 🐭")),
)
