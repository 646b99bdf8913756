"""What is said of how answers spread, of answers on other scales, and of whose answers they are."""

from __future__ import annotations

from analytics.catalog.entry import Answer
from analytics.catalog.entry import Metric as _m
from analytics.nps import distribution, matching, scales
from data.messages import N_

_WILSON, _STUDENT = "Wilson (1927)", "Student (1908)"

SPREAD = (
    _m("answer_kind", N_("Row"), N_("score: one score from 0 to 10; promoters, passives, detractors: those scores together; all: every answer with a score; blank: answers without one, which are in no share."), "score, promoters, passives, detractors, all, blank", "text"),
    _m("answer_share", N_("Share of answers"), N_("Of all answers from 0 to 10, how many are in this row."), "n / all answers with a score", "share", source=_WILSON),
    _m("earlier_n", N_("Answers before"), N_("The same in the stretch of the same length just before; empty where nothing says how long that is."), "count of answers", "count"),
    _m("earlier_share", N_("Share before"), N_("The share in that stretch. People who answered in both are not paired, so a change is rather called chance than real."), "earlier_n / all answers of that stretch", "share"),
    _m("mean_score", N_("Mean score"), N_("The mean of the answers. Two companies with the same mean can have quite different NPS."), "sum of scores / n", "number", "higher"),
    _m("mean_low", N_("Mean, low end"), N_("The low end of the 95% interval of the mean."), "mean - t sd / sqrt(n)", "number", source=_STUDENT),
    _m("mean_high", N_("Mean, high end"), N_("The high end of the 95% interval of the mean."), "mean + t sd / sqrt(n)", "number", source=_STUDENT),
)  # fmt: skip
SCALES = (
    _m("is_nps", N_("Is NPS"), N_("True for answers from 0 to 10 to the question whether one would recommend."), "scale = nps", "flag"),
    _m("scale_low", N_("Scale from"), N_("Where the scale begins: as its name says, else as its answers let it seem."), "lowest possible answer", "number"),
    _m("scale_high", N_("Scale to"), N_("Where the scale ends."), "highest possible answer", "number"),
    _m("off_scale", N_("Off the scale"), N_("Answers below or above the scale that its name gives. They are in no mean and in no share."), "count of answers", "count", "lower"),
    _m("top_from", N_("Top from"), N_("The upper end of the scale begins with this answer: its last two points, one where the scale has fewer than five, the upper fifth where it has more than eleven or answers have fractions."), "scale_high - 1", "number"),
    _m("top_box_share", N_("Top share"), N_("Of the answers on the scale, how many are at its upper end. For CSAT from 1 to 5 this is the usual figure: those who answered 4 or 5. Whether high is good is for the question to say."), "answers >= top_from / n", "share", source=_WILSON),
    _m("top_low", N_("Top share, low end"), N_("The low end of the 95% interval of the top share."), "Wilson", "share", source=_WILSON),
    _m("top_high", N_("Top share, high end"), N_("The high end of the 95% interval of the top share."), "Wilson", "share", source=_WILSON),
    _m("bottom_to", N_("Bottom to"), N_("The lower end of the scale ends with this answer; as many points as the upper end has."), "scale_low + 1", "number"),
    _m("bottom_box_share", N_("Bottom share"), N_("Of the answers on the scale, how many are at its lower end."), "answers <= bottom_to / n", "share", source=_WILSON),
    _m("bottom_low", N_("Bottom share, low end"), N_("The low end of the 95% interval of the bottom share."), "Wilson", "share", source=_WILSON),
    _m("bottom_high", N_("Bottom share, high end"), N_("The high end of the 95% interval of the bottom share."), "Wilson", "share", source=_WILSON),
    _m("lowest", N_("Lowest answer"), N_("The lowest answer that was given."), "min of scores", "number"),
    _m("highest", N_("Highest answer"), N_("The highest answer that was given."), "max of scores", "number"),
)  # fmt: skip
MATCHING = (
    _m("subject", N_("Told by"), N_("What tells who answered: name, the company as the survey writes it; domain, where the email address is; address, the whole email address, where several customers share the domain or anybody can have an address there; respondent, the person's name."), "name, domain, address, respondent", "text"),
    _m("written", N_("As written"), N_("That name, domain or address, as the survey has it."), "text of the survey", "text"),
    _m("answers", N_("Answers"), N_("How many survey answers with it are of no known customer."), "count of answers", "count"),
    _m("invitations", N_("Invitations"), N_("How many survey invitations with it are to no known customer."), "count of invitations", "count"),
    _m("match_rank", N_("Suggestion"), N_("1 for the surest of the customers it could be. Empty where no customer is suggested."), "1, 2, 3", "count"),
    _m("sureness", N_("How sure"), N_("sure: the name is the same but for Ltd and the like, or two things say so, and no other customer fits as well; likely: one thing says so; perhaps: it is only similar, or another customer fits as well. A person decides, in the view Who is who."), "sure, likely, perhaps", "text"),
    _m("evidence", N_("What says so"), N_("Why this could be the customer."), "sentences", "text"),
)  # fmt: skip

SECTIONS = (
    (N_("Scores and scales of surveys"), (*SPREAD, *SCALES)),
    (N_("Whose answers they are"), MATCHING),
)

ANSWERS = (
    Answer("nps_distribution", N_("Spread of the answers"), N_("How many gave each score from 0 to 10, the shares of promoters, passives and detractors, the mean, and which scores became more or less frequent; --days N tells of the last N days beside the N before."),
           distribution.COLUMNS),
    Answer("survey_scales", N_("Scales of the answers"), N_("Every scale that survey answers are on, with its mean and the shares at its ends, and why it is or is not NPS."),
           scales.COLUMNS),
    Answer("respondent_matches", N_("Suggested customers of respondents"), N_("Survey answers and invitations whose customer is not known, and which customers they could be of, with what says so. What a person rejected is not suggested again. Filters by fields are not looked at, since the customers are not known; the as-of date is."),
           matching.COLUMNS),
)  # fmt: skip
