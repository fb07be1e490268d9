"""Other people's clients: where they are installed, and how a test lets them run."""
