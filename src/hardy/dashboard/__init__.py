"""The control room at ``/hardy/``: pages over every feature's queries and actions, for whoever is on call.

It reads the ledger alone, so it works while the broker is down and no worker runs. It owns no SQL: what is asked of
the database is in the features' rooms, and what it changes passes the ledger's and the dead letters' own functions.
"""
