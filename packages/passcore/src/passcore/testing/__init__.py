"""Shipped to those who embed passcore: contracts for every port, builders, strategies, vectors.

Import from the modules themselves; each says what it needs besides passcore:

* `passcore.testing.builders`: values ready to use, nothing else needed.
* `passcore.testing.vectors`: the published examples of validity, splits and caps, nothing else
  needed.
* `passcore.testing.store`, `.ports`, `.gateway`: contract classes, with pytest.
* `passcore.testing.strategies`: Hypothesis strategies.
"""
