"""Tests of the payment adapters, against a payment server of our own over real HTTP."""
