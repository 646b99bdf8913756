"""What the figures about comments are called and mean."""

from __future__ import annotations

from analytics.catalog.entry import Answer
from analytics.catalog.entry import Metric as _m
from analytics.nps.themes import heard, keyness, suggestions, themes
from data.messages import N_

_MONROE = "Monroe, Colaresi and Quinn (2008)"
_WILSON = "Wilson (1927)"
_ROCKS = "Rocks (2016)"

COMMENTS = (
    _m("comments", N_("Comments"), N_("How many answers say something in words; of a period, those of the period."), "count of answers", "count"),
    _m("comments_read", N_("Comments read"), N_("In how many of them words were counted: all, or a sample of 50,000 where there are more, the same one each time."), "count of answers", "count"),
    _m("term", N_("Word or phrase"), N_("A word without its usual endings, in Hebrew also without what is written on to its front, or two words one right after the other as most comments write them. Words of grammar are left out; not and its like stay with the word after them."), "", "text"),
    _m("is_phrase", N_("Phrase"), N_("True for two words."), "", "flag"),
    _m("promoter_share", N_("Of promoters"), N_("What part of the promoters' comments hold it."), "promoters' comments with it / promoters' comments", "share"),
    _m("detractor_share", N_("Of detractors"), N_("What part of the detractors' comments hold it."), "detractors' comments with it / detractors' comments", "share"),
    _m("term_odds", N_("Times as likely"), N_("The odds that a detractor's comment holds it, for each of the odds of a promoter's, both drawn to all comments by ten. Above 1: more a word of detractors; below 1: of promoters. A comment counts once, however often it says a word."), "log odds ratio with an informative Dirichlet prior", "number", source=_MONROE),
    _m("term_low", N_("Times as likely, low end"), N_("The low end of its 95% interval."), "exp(log odds - 1.96 SE)", "number", source=_MONROE),
    _m("term_high", N_("Times as likely, high end"), N_("The high end of its 95% interval."), "exp(log odds + 1.96 SE)", "number", source=_MONROE),
    _m("said_by", N_("Said more by"), N_("detractors or promoters, whoever says it more often. Real only where the q-value says so."), "", "text"),
    _m("in_themes", N_("In themes"), N_("The themes that the word or phrase is of; empty where no theme has it."), "", "text"),
    _m("theme", N_("Theme"), N_("The theme of the workspace's list; the row without one is the comments that mention no theme. A comment can mention several."), "", "text"),
    _m("mention_share", N_("Share that mention it"), N_("What part of the comments mention the theme: hold one of its words or phrases, with the usual endings and what Hebrew writes on to their front."), "comments that mention it / comments", "share"),
    _m("mention_low", N_("Share, low end"), N_("The low end of its 95% interval."), "95% interval", "share", source=_WILSON),
    _m("mention_high", N_("Share, high end"), N_("The high end of its 95% interval."), "95% interval", "share", source=_WILSON),
    _m("nps_others", N_("NPS of the others"), N_("The NPS of the comments that do not mention the theme."), "100 x (promoters - detractors) / n", "points", "higher"),
    _m("impact", N_("Impact"), N_("How many points higher or lower those score who mention the theme than those who write and do not. It says who writes of what, not that the theme is the cause."), "NPS of those who mention it - NPS of other comments", "points", "higher"),
    _m("impact_low", N_("Impact, low end"), N_("The low end of its 95% interval."), "difference - 1.96 sqrt(SE1^2 + SE2^2), adjusted SEs", "points", source=_ROCKS),
    _m("impact_high", N_("Impact, high end"), N_("The high end of its 95% interval."), "difference + 1.96 sqrt(SE1^2 + SE2^2), adjusted SEs", "points", source=_ROCKS),
    _m("added_points", N_("Points it moves"), N_("By how many points the NPS of all comments would differ if those who mention the theme scored as the others do, with its sign: what the theme adds or takes."), "share that mention it x impact", "points", "higher"),
    _m("real_impact", N_("Real impact"), N_("True where the impact stands after correction; empty where either side has fewer than 30 comments."), "q < 0.05", "flag"),
    _m("mentions_now", N_("Mentions of late"), N_("How many comments of the last days (180 unless others are asked for) mention it."), "count of answers", "count"),
    _m("mentions_before", N_("Mentions before"), N_("How many of as many days before those do."), "count of answers", "count"),
    _m("share_now", N_("Share of late"), N_("What part of the comments of the last days mention it."), "mentions / comments of those days", "share"),
    _m("share_before", N_("Share before"), N_("What part of the comments of as many days before do."), "mentions / comments of those days", "share"),
    _m("rise", N_("Rise"), N_("How much larger or smaller a part of the comments mention it than before."), "share of late - share before", "share"),
    _m("rise_low", N_("Rise, low end"), N_("The low end of its 95% interval."), "from two score intervals", "share", source="Newcombe (1998), method 10"),
    _m("rise_high", N_("Rise, high end"), N_("The high end of its 95% interval."), "from two score intervals", "share", source="Newcombe (1998), method 10"),
    _m("rise_p", N_("Rise, p-value"), N_("How likely a change this clear would be by chance, if this were the only comparison."), "score test, or Fisher's exact test where a cell holds fewer than five", "share"),
    _m("rise_q", N_("Rise, q-value"), N_("The same corrected for all comparisons in the table. Below 0.05 the change is called real; otherwise it could be chance."), "Benjamini-Hochberg", "share", source="Benjamini and Hochberg (1995)"),
    _m("real_rise", N_("Real rise"), N_("True where the change stands after correction; empty below 30 comments in either stretch."), "q < 0.05", "flag"),
    _m("suggested", N_("Suggested theme"), N_("A name for words that are often in the same comment: the two that most comments hold."), "", "text"),
    _m("suggested_words", N_("Its words"), N_("The words, those that bind it most first."), "non-negative matrix factorisation of the cosine of the comments that hold each word", "text", source="Lee and Seung (1999)"),
    _m("not_in_themes", N_("Of no theme yet"), N_("How many of the comments with one of the words mention no theme of the list."), "count of answers", "count"),
)  # fmt: skip

SECTIONS = (("Comments of surveys", COMMENTS),)

ANSWERS = (
    Answer("nps_keyness", N_("Words of detractors and promoters"), N_("The words and phrases that detractors write more often than promoters, and the other way round, the surest first."),
           keyness.COLUMNS),
    Answer("nps_themes", N_("Themes in comments"), N_("What customers write about: how many mention each theme of the workspace's list, how those score against the others who write, what that moves, whether it is heard more than before, and what the customers who mention it bring."),
           themes.COLUMNS),
    Answer("theme_volume", N_("A theme over time"), N_("What part of the comments of each period mention a theme."),
           heard.VOLUME_COLUMNS),
    Answer("theme_comments", N_("Comments on a theme"), N_("The comments that mention a theme, the lowest scores first, with the customer and who looks after it."),
           heard.COMMENT_COLUMNS),
    Answer("theme_suggestions", N_("Suggested themes"), N_("Groups of words that are often in the same comment, learnt from the comments that mention no theme yet, or from all."),
           suggestions.COLUMNS),
)  # fmt: skip
