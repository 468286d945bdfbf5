"""Chaos for a team's staging: numbered tasks are sent, workers are killed, and the ledger says what became of it."""
