"""A project without hardy, and without Django."""
