"""Tests of the api of passweb."""
