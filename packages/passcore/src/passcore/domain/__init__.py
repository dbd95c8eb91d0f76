"""Values in, values out: the words and rules of passes, one concept a file."""
