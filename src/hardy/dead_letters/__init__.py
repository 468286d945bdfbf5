"""Dead letters: jobs that need a person. Finding, replaying, editing, discarding them, and alerts.

How a job becomes one is decided in `hardy.ledger.finish`; the admin's pages are in `hardy.admin`.
"""
