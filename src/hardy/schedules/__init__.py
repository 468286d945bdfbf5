"""Schedules that fire once, by the database's clock, however many beat processes run."""
