"""`hardy init`: what a project must change to run on hardy, as a diff that is shown, written, or taken back.

Nothing of the project is imported: its files are parsed, and as little of their text as possible is changed.
"""
