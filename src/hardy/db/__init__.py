"""What hardy needs of a database, whichever it is: dialects, the clock, connections, leases, what an outage is.

Nothing here knows what a job is.
"""
