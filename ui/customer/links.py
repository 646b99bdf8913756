"""Links from a list to the cards of its customers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import streamlit as st

from ui import session
from ui.parts import md


def customer_links(rows: Iterable[Mapping[str, Any]], key: str) -> None:
    """A popover with a link a customer of the list, each once; nothing where none of them is known. `rows` have customer_id and customer."""
    _ = session.locale()._
    known = {row["customer_id"]: row["customer"] for row in rows if row["customer_id"]}
    if not known:
        return
    with (
        st.popover(_("Open a customer"), icon=":material/person_search:", key=key),
        st.container(width=360, gap="xxsmall"),
    ):
        for number, name in known.items():
            st.page_link(
                "../pages/customer.py", label=md(name or number), icon=":material/person:",
                query_params=session.link_to(customer_of=number),
            )  # fmt: skip
