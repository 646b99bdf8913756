"""What the people of one customer answered, person by person."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir
import pandas as pd
from ibis import _

from analytics.customers import contacts, who
from analytics.customers.one_customer import of_customer
from analytics.filters import Filters
from analytics.nps.answers import NPS, is_on_scale, vote
from analytics.nps.following import vote_name
from analytics.question import Answers, Question
from analytics.rows import frame, rows
from data.tables import Tables

COLUMNS = ("respondent", "person", "day", "score", "scale", "answered_as", "is_counted", "comment", "answer_id")


def respondent_history(
    tables: Tables, filters: Filters, customer: str = "", most: int | None = None, is_number: bool = False
) -> Question:
    """One row an answer of the people of one customer until the as-of date, the newest first. Columns: `COLUMNS`.

    `person` is equal for answers of the same person; `answered_as` is empty on other scales than NPS, and without a score. An
    answer that the same person gave anew within 24 hours is not counted, and is here. The customer is asked for by number or by
    name; with `is_number` only by number. Raises RequestProblem for an unknown customer.
    """

    def given(number: str) -> dict[str, ir.Table]:
        now = ibis.timestamp(filters.now)
        found = tables.survey_responses.filter(_.customer_id == number, _.answered_at < now)
        is_nps = (found.scale == NPS) & is_on_scale(found.score)
        told = found.select(
            "score", "scale", "comment", "answered_at",
            respondent=found.respondent.coalesce(found.email), person=found.respondent_key,
            day=contacts.day_of(found.answered_at, filters),
            answered_as=vote_name(is_nps.ifelse(vote(found.score), ibis.null("int64"))),
            is_counted=(is_nps & (found.superseded_at.isnull() | (found.superseded_at >= now))).fill_null(False),
            answer_id=found.response_id,
        )  # fmt: skip
        told = told.order_by(_.answered_at.desc(), "respondent", "answer_id").select(*COLUMNS)
        return {"answers": told if most is None else told.limit(most)}

    def told(answers: Answers) -> pd.DataFrame:
        return frame(map(contacts.with_days, rows(answers["answers"])), COLUMNS)

    if is_number:
        return Question(given(customer), told)
    return of_customer(who.customers(tables, contacts.filters_of_all(filters)), customer, given, told)
