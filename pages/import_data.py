"""Files in: choose, check, load."""

from __future__ import annotations

from ui import session
from ui.importing.check import check
from ui.importing.choose import choose
from ui.importing.done import done

draft, loaded = session.get("draft"), session.get("loaded")
if draft is not None and draft.workspace.folder == session.workspace().folder:
    check(draft)
elif loaded is not None:
    done(loaded)
else:
    choose()
