"""Tools of the contract tests: chains to run on, contracts to talk to, a model to compare with."""
