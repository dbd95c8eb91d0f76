"""Commands: one noun a file; each has an `app` that `passcli.main` loads when needed."""
