"""Booking page, guest app, console and HTTP API over passcore."""
