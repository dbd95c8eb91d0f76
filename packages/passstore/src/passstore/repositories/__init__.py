"""Repositories: the port's, one noun a module, each scoped to the business of its unit of work."""
