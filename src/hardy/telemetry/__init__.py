"""Telemetry: hardy in Prometheus, in OpenTelemetry, in Sentry, in Kubernetes' probes and in the log.

What is told is read from the ledger, or heard from `hardy.events`; nothing here changes what becomes of a job. What is
switched off costs nothing, and a tool that is away, or not installed, stops no worker.
"""
