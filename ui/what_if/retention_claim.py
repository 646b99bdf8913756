"""The figure that is quoted everywhere: what it means, what it does not, and what it comes to with the company's own rates."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import streamlit as st

from analytics.rows import Row
from analytics.what_if.retention_effect import CLAIM
from ui import session
from ui.parts import Piece, rich, section, told

CRITIQUE = "https://marketingscience.info/loyalty-myths/"


@told
def claim(points: int, constant: Row) -> Iterator[Piece]:
    """The card; `constant` is the row of `retention_effect` that is reckoned as the figure is."""
    locale = session.locale()
    _ = locale._
    yield partial(section, _("What the famous figure means, and what it does not"))
    quoted = locale.between(locale.share(CLAIM[0]), locale.share(CLAIM[1]))
    lines = [
        (_("What is quoted"), _("“5% more retention raises profit by {range}.” It goes back to Reichheld and Sasser, Zero defections, Harvard Business Review, 1990.").format(range=quoted)),
        (_("Points, not percent"), _("It is about five points: from 90% to 95% half of those who would have left stay. That is no small change.")),
        (_("One customer, not the company"), _("It is what one customer is worth over all the years it stays, discounted. A year's profit moves far less: see the first two lines above.")),
        (_("Before any cost"), _("Nothing is paid for keeping anybody. In your scenarios, cost comes off.")),
        (_("The critique"), _("Byron Sharp (How Brands Grow, 2010) shows that it is a thought experiment, and that brands seldom change retention much: it goes with market share.")),
    ]  # fmt: skip
    if constant["share_more"] is not None:
        words = _("Reckoned as it is quoted, with your retention of {before} that never changes, one customer would be worth {more} more (80%: {range}) for {n}.")  # fmt: skip
        lines.insert(
            3,
            (
                _("With your own rates"),
                words.format(
                    before=locale.share(constant["retention_before"], 1), more=locale.share(constant["share_more"]),
                    range=locale.shares(constant["share_more_p10"], constant["share_more_p90"]),
                    n=locale.n_("{n} point more", "{n} points more", points),
                ),
            ),
        )  # fmt: skip
    items = "".join(f"<li><b>{rich(label)}</b> {rich(words)}</li>" for label, words in lines)
    yield partial(st.html, f'<ul class="sh-plain">{items}</ul>')
    yield partial(st.link_button, _("Sharp's critique, on the web"), CRITIQUE, icon=":material/open_in_new:", type="tertiary")  # fmt: skip
