"""Words that Streamlit's own widgets show in English, in the reader's language: the upload button, the empty list, the drop zone, the missing page."""

from __future__ import annotations

import json

from ui.locale import Locale

# The widgets that say something of their own, by their test ids; our words and the reader's data stand elsewhere.
_PLACES = (
    "[data-testid='stFileUploader'], [data-testid='stMultiSelect'], [data-testid='stSelectbox'], [data-testid='stDateInput'], "
    "[data-testid='stDialog'], [data-testid='stPopoverBody'], [data-testid='stSelectboxVirtualDropdown'], [data-testid='stMainMenuPopover'], [data-testid='stStatusWidget']"
)
_SCRIPT = """<script>
(() => {
  const words = __WORDS__, ends = __ENDS__
  const original = (window.shimurOriginal ??= new WeakMap())
  const said = (text) => words[text] ?? Object.entries(ends).reduce((t, [from, to]) => t.replace(from, to), text)
  const put = (node) => {
    const now = node.data, before = original.get(node)
    const english = before && now === before.shown ? before.english : now
    const wanted = english.trim() ? said(english) : english
    if (wanted !== now) { node.data = wanted; original.set(node, { english, shown: wanted }) }
  }
  const walk = () => {
    for (const place of document.querySelectorAll("__PLACES__")) {
      const texts = document.createTreeWalker(place, NodeFilter.SHOW_TEXT)
      while (texts.nextNode()) put(texts.currentNode)
    }
  }
  window.shimurWords?.disconnect()
  window.shimurWords = new MutationObserver(walk)
  window.shimurWords.observe(document.body, { childList: true, subtree: true, characterData: true })
  walk()
})()
</script>"""


def script(locale: Locale) -> str:
    """A script that says them; give it to `st.html(..., unsafe_allow_javascript=True)`."""
    _ = locale._
    words = {
        "Upload": _("Choose files"),
        "Browse files": _("Choose files"),
        "Drag and drop files here": _("Drop the files here"),
        "Drag and drop a file here": _("Drop the file here"),
        "Choose options": _("Choose"),
        "Choose an option": _("Choose"),
        "No results": _("Nothing found"),
        "No options to select": _("Nothing to choose from"),
        "No options to select.": _("Nothing to choose from"),
        "Select all": _("Choose all"),
        "Clear all": _("Clear"),
        "Page not found": _("There is no such page"),
        "The page that you have requested does not seem to exist. Running the app's main page.": _(
            "The address names no page of this app. This is the overview."
        ),
    }
    ends = {" per file": " " + _("per file")}
    filled = _SCRIPT.replace("__WORDS__", _safe(words)).replace("__ENDS__", _safe(ends))
    return filled.replace("__PLACES__", _PLACES.replace('"', "'"))


def _safe(words: dict[str, str]) -> str:
    return json.dumps(words, ensure_ascii=False).replace("<", "\\u003c")
