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


class ComplainedAbout(Conflict):
    """The resident complains about this department: the case may not go there (59-ФЗ, art. 8)."""

    code = "complained_about"


class AlreadyAssigned(Conflict):
    """One of these departments is at work on the case already."""

    code = "already_assigned"


class IdentityUnavailable(Conflict):
    """This gateway has no such provider of identities."""

    code = "identity_unavailable"


class IdentityRefused(Conflict):
    """The provider vouches for nobody with this ticket."""

    code = "identity_refused"


class IdentityRequired(Conflict):
    """A message becomes an appeal only when the identity of its resident is verified."""

    code = "identity_required"


class ExtensionNotAllowed(Conflict):
    """Only an appeal under 59-ФЗ is extended, once, before its deadline, while it is at work."""

    code = "extension_not_allowed"
