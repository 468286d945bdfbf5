from __future__ import annotations

from demo.site import in_short


def test_a_page_is_told_by_its_title_and_anything_else_by_how_it_begins():
    assert in_short("<!DOCTYPE html>\n<title>Out of\n   order</title><p>long</p>") == "Out of order"
    assert in_short('{"detail": "No."}') == '{"detail": "No."}'
    assert len(in_short("x" * 1000)) == 200
