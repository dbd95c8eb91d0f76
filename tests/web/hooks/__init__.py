"""Tests of the hooks of passweb."""
