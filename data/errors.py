"""What can be wrong with a reader's data or request, each with what to do about it.

DataError
├── FileProblem       a file that cannot be read as a table
│   └── NotRecognised a table of which we cannot tell what it holds
├── WorkspaceProblem  a workspace that cannot be opened or changed
└── RequestProblem    a field, date or option that does not fit this data

Anything else that is raised is a bug.
"""

from __future__ import annotations

from data.messages import Message


class DataError(Exception):
    """One sentence that says what and where, and one that says what to do."""

    def __init__(self, sentence: Message, hint: Message) -> None:
        super().__init__(sentence, hint)
        self.sentence = sentence
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.sentence} {self.hint}"


class FileProblem(DataError):
    pass


class NotRecognised(FileProblem):
    pass


class WorkspaceProblem(DataError):
    pass


class RequestProblem(DataError):
    pass
