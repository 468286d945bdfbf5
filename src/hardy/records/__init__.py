"""Records of what has run: results, the history of tasks without a row, and how long both are kept."""
