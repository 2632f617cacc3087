"""A run as one page, and a sheet of what it will be fed."""
