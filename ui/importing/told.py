"""What an import says beside its numbers: what to know about the files, and what they open."""

from __future__ import annotations

import streamlit as st

from data.uploads import ImportReport
from ui import import_words, session
from ui.parts import plain, rich, section, table, tag

MOST_SAID = 50
MOST_LINES = 12


def told_card(report: ImportReport) -> None:
    """What was decided, repaired or left out, in sentences."""
    locale = session.locale()
    _ = locale._
    lines = [(file.name, warning) for file in report.files for warning in file.warnings]
    lines += [("", note) for note in report.notes]
    skipped = [(file.name, line) for file in report.files for line in file.skipped_lines]
    if not lines and not skipped:
        return
    with st.container(border=True, key="card_told"):
        section(_("What to know about these files"))
        items = [
            f"<li>{f'<b><bdi>{rich(plain(name))}</bdi></b> ' if name else ''}{rich(plain(locale.say(said)))}</li>"
            for name, said in lines[:MOST_SAID]
        ]
        for name, line in skipped[:MOST_LINES]:
            said = _("line {n}: {reason}").format(n=locale.count(line.line), reason=locale.say(line.reason))
            items.append(f"<li><b><bdi>{rich(plain(name))}</bdi></b> {rich(plain(said))}</li>")
        more = len(lines[MOST_SAID:]) + len(skipped[MOST_LINES:])
        if more:
            items.append(f"<li>{rich(locale.n_('and {n} more', 'and {n} more', more))}</li>")
        st.html(f'<ul class="sh-plain">{"".join(items)}</ul>')


def unlocks_card(report: ImportReport, *, loaded: bool = True) -> None:
    """What the files open, and what to add to see the rest."""
    locale = session.locale()
    _ = locale._
    told = import_words.unlocks(report, locale)
    ready = sum(is_open for _name, _opens, is_open, _add in told)
    title = _("You can see {n} of {all} analyses now") if loaded else _("These files open {n} of {all} analyses")
    title = title.format(n=locale.count(ready), all=locale.count(len(told)))
    # Before the load it is worth a line; after it, it is where to go.
    with st.container(border=True, key="card_ready") if loaded else st.expander(title, key="unlocks_check"):
        if loaded:
            section(title)
        ready_tag, lacking_tag = tag("good", _("ready")), tag("plain", _("needs more"))
        rows = [
            [f"<b>{rich(name)}</b>", rich(opens), ready_tag if is_open else f"{lacking_tag} {rich(add)}"]
            for name, opens, is_open, add in told
        ]
        table([_("Analysis"), _("What it shows"), _("Ready")], rows, caption=_("What you can see now"))
