"""The frame around every page: navigation, language, shared filters, and what to say when a page fails."""

from __future__ import annotations

import logging
from pathlib import Path

import streamlit as st
from streamlit.navigation.page import StreamlitPage

from data import workspaces
from data.errors import DataError
from ui import browser_words, parts, session, tour, visitors
from ui.filter_bar import Of, filter_bar
from ui.locale import LANGUAGES

HERE = Path(__file__).parent
NAME = "Shimur"
WITHOUT_FILTERS = ("import", "settings")
COUNTED: dict[str, Of] = {
    "customers": "customers", "customer": "customers", "nps": "answers", "what_if": "customers",
}  # fmt: skip
DIRECTION = {
    "en": '<script>document.documentElement.lang="en";document.documentElement.dir="ltr"</script>',
    "he": '<script>document.documentElement.lang="he";document.documentElement.dir="rtl"</script>',
}
# Charts that scroll sideways on a phone must be reachable by keyboard, and Streamlit gives no way to say so. A grid does not
# mirror: its columns are turned around in Hebrew, so it has to open at its right end. What a popover shows stands at the end of
# the document: who opened it without a pointer (a click that counts none) is taken into it once it holds something to go to, and
# back into it when what they were on is drawn anew. Escape leads back by itself.
BROWSER = """<script>
window.shimurOpened ??= document.addEventListener('click', ({ target, detail }) => {
  window.shimurEnters = detail === 0 && target.closest?.('[data-testid="stPopoverButton"]') != null
}, true) ?? true
window.shimurWide ??= new MutationObserver(() => {
  const body = document.querySelector('[data-testid="stPopoverBody"]')
  if (window.shimurEnters && body?.querySelector('a, button, input, textarea')) {
    window.shimurEnters = false
    window.shimurWithin = body
    body.tabIndex = -1
    body.focus()
  } else if (body && body === window.shimurWithin && document.activeElement === document.body) body.focus()
  if (document.documentElement.dir === 'rtl')
    for (const grid of document.querySelectorAll('[data-testid="stDataFrame"] .dvn-scroller'))
      if (!grid.dataset.opened && grid.scrollWidth > grid.clientWidth) {
        grid.dataset.opened = 'yes'
        grid.scrollLeft = grid.scrollWidth
      }
  for (const box of document.querySelectorAll('[class*="st-key-wide_"]:not([tabindex])'))
    if (box.scrollWidth > box.clientWidth) box.tabIndex = 0
})
window.shimurWide.observe(document.body, { childList: true, subtree: true })
</script>"""

log = logging.getLogger("shimur")


def navigation() -> StreamlitPage:
    """The pages, named in the reader's language; their addresses are the same in both."""
    _ = session.locale()._
    pages = {
        _("Review"): [
            st.Page("../pages/overview.py", title=_("Overview"), icon=":material/space_dashboard:", default=True)
        ],
        _("Sales"): [
            st.Page("../pages/funnel.py", title=_("Funnel"), icon=":material/filter_alt:", url_path="funnel"),
            st.Page(
                "../pages/bottlenecks.py",
                title=_("Bottlenecks"),
                icon=":material/hourglass_top:",
                url_path="bottlenecks",
            ),
        ],
        _("Customers"): [
            st.Page("../pages/customers.py", title=_("Customers"), icon=":material/groups:", url_path="customers"),
            st.Page("../pages/customer.py", title=_("Customer"), icon=":material/person_search:", url_path="customer"),
            st.Page("../pages/nps.py", title=_("NPS"), icon=":material/sentiment_satisfied:", url_path="nps"),
        ],
        _("Decide"): [
            st.Page("../pages/what_if.py", title=_("What if"), icon=":material/alt_route:", url_path="what_if"),
        ],
        _("Data"): [
            st.Page("../pages/import_data.py", title=_("Import"), icon=":material/upload_file:", url_path="import"),
            st.Page("../pages/quality.py", title=_("Data quality"), icon=":material/fact_check:", url_path="quality"),
            st.Page("../pages/settings.py", title=_("Settings"), icon=":material/settings:", url_path="settings"),
        ],
    }
    return st.navigation(pages, expanded=True)


def style() -> None:
    """Colours, type and direction for this reader."""
    look, locale = session.look(), session.locale()
    sheets = [look.css(), (HERE / "style.css").read_text("utf-8")]
    if locale.rtl:
        sheets.append((HERE / "rtl.css").read_text("utf-8"))
    if look.scale > 1:
        sheets.append("html{font-size:18px !important}")
    st.html(f"<style>{''.join(sheets)}</style>")
    st.html(DIRECTION[locale.code] + BROWSER + browser_words.script(locale), unsafe_allow_javascript=True)
    st.logo(str(HERE / "static" / ("logo_dark.svg" if look.dark else "logo.svg")), size="medium")


def sidebar() -> None:
    """The reader's own switches, at the foot of the sidebar."""
    _ = session.locale()._
    with st.sidebar:
        if not visitors.public() and len(names := workspaces.workspaces()) > 1:
            st.selectbox(
                _("Workspace"),
                names,
                index=names.index(workspaces.current()) if workspaces.current() in names else None,
                key=f"workspace_of_{workspaces.current()}",
                on_change=lambda: workspaces.switch(session.get(f"workspace_of_{workspaces.current()}")),
                label_visibility="collapsed",
            )
        st.segmented_control(
            _("Language"),
            list(LANGUAGES),
            format_func=lambda code: LANGUAGES[code],
            key="lang",
            default=session.language(),
            required=True,
            label_visibility="collapsed",
            width="stretch",
        )
        if session.has_workspace():
            tour.button()
        st.toggle(_("Large type"), key="large_type", help=_("For a projector: everything grows by a quarter."))


with session.in_use():
    try:
        # Before the navigation: without an icon of ours the browser would fetch the page's from elsewhere.
        st.set_page_config(page_icon=str(HERE / "static" / "mark.png"), layout="wide", initial_sidebar_state=232)
        try:
            session.begin()
        except DataError:
            # Without them what is wrong would stand on a page that the browser takes for none, and from left to right.
            navigation()
            style()
            raise
        page = navigation()
        session.arrive(page.url_path)
        st.set_page_config(page_title=f"{page.title} · {NAME}" if page.url_path else NAME)
        style()
        sidebar()
        if not session.has_workspace():
            _ = session.locale()._
            with st.container(border=True, key="card_nothing_cookie"):
                parts.nothing(
                    "cookie_off",
                    _("This page needs a cookie"),
                    _(
                        "Your data is kept in a private workspace, and only a cookie tells that it is yours. "
                        "Allow cookies "
                        "for this page and load it again."
                    ),
                )
            st.stop()
        if page.url_path not in WITHOUT_FILTERS and not session.is_empty():
            filter_bar(COUNTED.get(page.url_path, "deals"))
        if session.has_workspace():
            tour.show(here=page.url_path not in WITHOUT_FILTERS)
        session.write_link()
        page.run()
    except DataError as error:
        parts.problem(error)
    except Exception:
        log.exception("A page failed.")
        parts.bug()
