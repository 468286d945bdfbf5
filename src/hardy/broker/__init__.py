"""A broker behind the ledger: publishing rows, finding those that it lost, and messages from elsewhere.

What runs a task is in `hardy.worker`; ``hardy://``, where the ledger itself is the broker, in `hardy.transport`.
"""
