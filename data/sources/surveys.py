"""Survey tools: the columns they put around the questions, and which of the questions asks for a score.

The questions themselves are headers, in the words and the language of who made the survey.
"""

from __future__ import annotations

from data.sources import Source

# "How likely are you to recommend us" and its like; not the group (promoter, passive) that some tools add.
_SCORE = (
    r"(?is)(?!.*\b(group|category|segment)\b).*("
    r"\blikel(y|ihood)\b.*\brecommend|\brecommend\b.*\b(friend|colleague)|net promoter|\bnps\b"
    r"|probabilit.*recomm?[ae]nd|recomm?[ae]nd.*(\bami\b|collègue|amigo|colega|colleg)|weiterempfe?h?l"
    r"|תמליצ|ציון המלצה|סיכוי.*המל"
    r").*"
)
_COMMENT = (
    r"(?is).*("
    r"\b(reason|why)\b.*\b(score|rating|answer|recommend)|\bwhy\b[^.]{0,40}$|\bin your own words\b|anything else"
    r"|\b(comment|feedback)s?\b|pourquoi|raison.*note|motivo|razón|por qu[eé]|grund|warum"
    r"|סיב.*(ציון|דירוג)|למה|מדוע|הערה|הערות|משוב"
    r").*"
)
QUESTIONS = {"score": _SCORE, "comment": _COMMENT}

GOOGLE_FORMS = Source(
    name="google_forms",
    label="Google Forms",
    headers={
        "survey_responses": {
            "answered_at": ("Timestamp", "Horodateur", "חותמת זמן", "Marca temporal", "Zeitstempel", "Carimbo de data/hora"),
            "email": ("Email Address", "Username", "Adresse e-mail", "כתובת אימייל", "כתובת דוא״ל", "Dirección de correo electrónico", "E-Mail-Adresse"),
            "score": ("Score",),
        },
    },
    signature={
        "survey_responses": ("Timestamp", "Horodateur", "חותמת זמן", "Marca temporal", "Zeitstempel", "Carimbo de data/hora"),
    },
    patterns={"survey_responses": QUESTIONS},
)  # fmt: skip

TYPEFORM = Source(
    name="typeform",
    label="Typeform",
    headers={
        "survey_responses": {
            "response_id": ("Token", "Response ID"),
            "answered_at": ("Submit Date (UTC)", "Stage Date (UTC)"),
            "email": ("Email", "Your email", "Email address", "What's your email?", "What is your email address?"),
            "respondent": ("Name", "Your name", "What's your name?", "First up, what's your name?"),
        },
    },
    signature={"survey_responses": ("Submit Date (UTC)", "Start Date (UTC)", "Network ID")},
    patterns={"survey_responses": {"response_id": r"#", **QUESTIONS}},
)

SURVEYMONKEY = Source(
    name="surveymonkey",
    label="SurveyMonkey",
    headers={
        "survey_responses": {
            "response_id": ("Respondent ID",),
            "answered_at": ("End Date", "Date Modified", "Start Date", "Date Created"),
            "email": ("Email Address",),
            "first_name": ("First Name",),
            "last_name": ("Last Name",),
        },
    },
    signature={"survey_responses": ("Respondent ID", "Collector ID")},
    patterns={"survey_responses": QUESTIONS},
)

QUALTRICS = Source(
    name="qualtrics",
    label="Qualtrics",
    headers={
        "survey_responses": {
            "response_id": ("ResponseId", "Response ID"),
            "answered_at": ("RecordedDate", "Recorded Date", "EndDate", "End Date"),
            "email": ("RecipientEmail", "Recipient Email"),
            "first_name": ("RecipientFirstName", "Recipient First Name"),
            "last_name": ("RecipientLastName", "Recipient Last Name"),
            "customer_id": ("ExternalReference", "External Data Reference"),
        },
    },
    signature={
        "survey_responses": (
            "ResponseId",
            "RecordedDate",
            "RecipientEmail",
            "ExternalReference",
            "DistributionChannel",
            "Response ID",
            "Recorded Date",
            "Recipient Email",
            "External Data Reference",
        )
    },
    patterns={
        "survey_responses": {
            "score": rf"{_SCORE}|Q\d+_NPS",
            "comment": rf"{_COMMENT}|Q\d+(_\d+)?_TEXT",
        }
    },
)

DELIGHTED = Source(
    name="delighted",
    label="Delighted",
    headers={
        "survey_responses": {
            "response_id": ("id", "Response ID"),
            "respondent": ("person_name", "Name", "Person"),
            "email": ("person_email", "Email"),
            "score": ("score", "Survey Response"),
            "scale": ("survey_type",),
            "comment": ("comment", "Survey Comment"),
            "answered_at": ("created_at", "Responded at"),
            "customer_id": ("customer_id",),
        },
    },
    signature={"survey_responses": ("survey_type", "permalink", "person", "person_properties", "person_email")},
)

MEDALLIA = Source(
    name="medallia",
    label="Medallia",
    headers={
        "survey_responses": {
            "response_id": ("request_id",),
            "respondent": ("customer_name",),
            "email": ("customer_email",),
            "answered_at": ("response_received_at",),
            "score": ("star_rating",),
            "comment": ("comments",),
        },
    },
    signature={"survey_responses": ("request_sent_at", "response_received_at", "star_rating")},
)

SURVEYS = (TYPEFORM, SURVEYMONKEY, QUALTRICS, DELIGHTED, MEDALLIA, GOOGLE_FORMS)
