"""passctl, the command line of Sessionpass."""
