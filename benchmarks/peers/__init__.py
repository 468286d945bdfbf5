"""One module per tool, imported by its client and its workers, in the tool's own environment.

A module wraps the bodies and says how they are sent::

    def send(name, *args): ...          # one task
    def send_many(name, rows): ...      # optional: many in one call, where the tool has one
    def clear(): ...                    # optional: what the harness cannot empty (it empties tables and Redis)

``<name>.txt`` beside it holds the tool's pinned packages; its row of facts is in ``benchmarks/stacks.py``.
"""
