"""Names from the data stay names."""

import pytest

from ui import parts

HOSTILE = [
    "![p](http://evil.example/p.png)",
    "[l](http://evil.example)",
    "**b** `c` _i_",
    ":material/home:",
    ":red[x]",
    "$x^2$",
    "<img src=x>",
    "www.evil.example",
    "# head",
    "- item",
    "~~gone~~",
    "a | b",
]


@pytest.mark.parametrize("name", HOSTILE)
def test_markdown_is_escaped(name):
    said = parts.md(name)
    assert not any(mark in said.replace("\\" + mark, "") for mark in "![]()*_`$<>#|~")
    assert said.replace("\\", "").replace("\u2060", "") == name


def test_lines_cannot_be_broken():
    assert "\n" not in parts.md("a\n\n# b")


def test_html_is_escaped_and_strong_words_kept():
    assert parts.rich("**a** <b>") == "<strong>a</strong> &lt;b&gt;"


def test_a_name_cannot_make_itself_strong():
    assert "<strong>" not in parts.rich(parts.plain("**a**"))
