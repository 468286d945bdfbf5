"""Every vendor the shop talks to, in one process and over real sockets.

Mail, CRM, payment gateway, supplier, carrier and Sentry, each of which can be told to fail. Start it with
`python -m sandbox --port 8025 --smtp-port 1025 --data DIR` and open http://127.0.0.1:8025/.
"""
