"""The ledger: jobs that are not finished, runs that are, and every statement that moves a row.

Enqueue, reserve, claim, finish, cancel, purge, rescue. It knows no broker: `delivery` holds what one registers.
"""
