"""The measured project: the same bodies, settings and client for every stack; what differs is one module of `peers`."""
