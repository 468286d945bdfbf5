"""What runs inside a worker: bootsteps, the consumer, Celery's requests, the ledger's policy, duties, control.

The statements themselves are the ledger's; here is when they are made.
"""
