"""`manage.py hardy up`: a project's processes in one terminal.

`processes` says what is started, `supervisor` keeps it running, `child` and `watchdog` see to it that nothing
outlives it.
"""
