"""What a workspace decides about surveys stays with it."""

import pytest

from data.errors import RequestProblem
from data.store import Workspace
from data.survey_settings import SurveySettings


def test_they_are_kept(tmp_path):
    workspace = Workspace(tmp_path / "workspace")
    assert workspace.survey_settings() == SurveySettings(target=None, sla_days=7)
    workspace.keep_survey_settings(SurveySettings(target=35.0, sla_days=3))
    assert Workspace(workspace.folder).survey_settings() == SurveySettings(target=35.0, sla_days=3)
    workspace.keep_survey_settings(SurveySettings())
    assert workspace.survey_settings() == SurveySettings()


@pytest.mark.parametrize(
    "what", [{"target": 101}, {"target": -100.5}, {"target": float("nan")}, {"sla_days": 0}, {"sla_days": 366}]
)
def test_what_cannot_be_is_refused(what):
    with pytest.raises(RequestProblem):
        SurveySettings(**what)
