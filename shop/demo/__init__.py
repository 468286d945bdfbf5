"""`manage.py demo`: a minute in the life of the shop, with everything that goes wrong in one, and then the books."""
