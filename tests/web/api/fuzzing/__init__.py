"""What Schemathesis needs: the API on every store, and a schema with words to guess with."""
