"""What can go wrong with a case."""

from services.errors import Conflict


class ApprovalRequired(Conflict):
    """In this department another person approves an answer first: send it to `on_approval`."""

    code = "approval_required"


class SamePerson(Conflict):
    """The answer was written by the same person: somebody else has to approve it."""

    code = "same_person"


class AssignmentEnded(Conflict):
    """The case was forwarded: this department no longer acts in it."""

    code = "assignment_ended"


class NothingToCall(Conflict):
    """This event has no message that waits to be told by phone."""

    code = "nothing_to_call"
