"""Tests of the security of passweb."""
