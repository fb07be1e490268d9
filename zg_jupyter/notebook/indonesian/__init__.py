"""What the magics say, in Bahasa Indonesia: for each module of words one of the same name.

What people type stays as it is: commands, options, and what stands for their values. So does what
only a model reads, except where it decides the language of the answer.
"""

NOTHING_CHARGED = "Tidak ada biaya yang ditagih."
