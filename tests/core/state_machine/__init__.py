"""A stateful test of a whole business: a model, the ledgers' fold and the stores, step by step.

`business` and `reports` are the machine, `bench` the stores it is run on; `model` and `visits` are
the model, `comparing` is where they meet. `test_controls` proves that the machine finds bugs.
`tests.core.pass_machine` has another model, of fewer kinds of passes, which predicts refusals, too.
"""
