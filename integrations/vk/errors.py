"""What VK's errors mean for what we wanted to send, and how a call fails without an answer."""

from msgspec.structs import replace

from services.ports import Refused, Verdict

# How long to wait, in seconds.
A_MOMENT = 1.0  # VK counts calls by the second
A_WHILE = 900.0  # a method's quota and a captcha go away by themselves, in no stated time
AN_HOUR = 3600.0  # VK counts messages to one person by the hour


def _again(code: str) -> Verdict:
    return Verdict(outcome="retry", code=code)


def _person(code: str) -> Verdict:
    return Verdict(outcome="parked", code=code, scope="person")


def _page(code: str) -> Verdict:
    # Without a time: the page stops, its messages wait, until an admin has mended it.
    return Verdict(outcome="retry", code=code, scope="page")


def _dead(code: str) -> Verdict:
    return Verdict(outcome="dead", code=code)


# https://dev.vk.com/ru/reference/errors and the errors that messages.send lists
MEANINGS: dict[int, Verdict] = {
    # VK's own trouble: back off, and try again with the same random_id
    1: _again("unknown_error"),
    10: _again("server_error"),
    36: _again("server_timeout"),
    # Too much at once
    6: Verdict(outcome="retry", code="too_many_calls", scope="page", retry_after=A_MOMENT),
    9: Verdict(outcome="retry", code="flood_control", scope="person", retry_after=AN_HOUR),
    29: Verdict(outcome="retry", code="method_quota", scope="page", retry_after=A_WHILE),
    # The token is dead: the page stops until an admin gives another
    5: _page("token_invalid"),
    27: _page("community_token_invalid"),
    28: _page("application_token_invalid"),
    # Rights or settings of the page are missing: an admin's work too
    7: _page("permission_denied"),
    15: _page("access_denied"),
    20: _page("method_not_permitted"),
    203: _page("community_access_denied"),
    912: _page("bot_features_off"),
    # Nobody here can read a captcha; an admin sees it, and it goes away when VK calms down
    14: Verdict(outcome="retry", code="captcha", scope="page", retry_after=A_WHILE),
    # This person cannot be written to, until they write or allow it
    17: _person("validation_required"),
    18: _person("person_deleted"),
    900: _person("person_blocked"),
    901: _person("person_denied"),
    902: _person("person_private"),
    # Not now: mostly that more than 24 hours have gone since the person wrote
    943: _person("intent_not_allowed"),
    944: _person("intent_limit"),
    950: _person("reply_too_late"),
    985: _person("notifications_only"),
    987: _person("message_request_needed"),
    988: _person("message_request_pending"),
    # Our mistake, which the limits should have caught
    100: _dead("invalid_parameter"),
    911: _dead("invalid_keyboard"),
    914: _dead("text_too_long"),
    # Only an edit meets these; it is sent anew
    909: _again("edit_too_late"),
    910: _again("edit_too_large"),
    920: _again("edit_not_allowed"),
    # There is no such chat any more
    917: _dead("chat_no_access"),
    925: _dead("chat_not_admin"),
    927: _dead("chat_not_there"),
    932: _dead("chat_not_for_communities"),
    936: _dead("contact_not_found"),
    945: _dead("chat_disabled"),
    946: _dead("chat_unsupported"),
}


TOKEN_DEATH = frozenset({5, 27, 28})
TOO_MANY_SERVERS = 2000  # a page has ten addresses for its events at most


def meaning(error_code: int) -> Verdict:
    """Tell what became of a message that VK refused; the unknown is tried again, and shows."""
    return MEANINGS.get(error_code) or _again(f"vk_{error_code}")


def meaning_elsewhere(error_code: int) -> Verdict:
    """Tell what a refusal of any call but sending means: only a dead token stops the page.

    A right that is missing for this call may not be missed for sending.
    """
    if error_code == TOO_MANY_SERVERS:
        return _dead("too_many_servers")
    verdict = meaning(error_code)
    if verdict.stops_page and error_code not in TOKEN_DEATH:
        return replace(verdict, outcome="dead", scope="delivery")
    return verdict


class VkUnreachable(Exception):
    """The call has no readable answer, so VK may or may not have done it.

    `code` says what was met instead: `timeout`, `connection`, `http_502`, `unreadable`.
    """

    def __init__(self, code: str) -> None:
        """Take what was met instead of an answer."""
        self.code = code
        super().__init__(code)


class VkRefused(Refused):
    """VK did not carry out the call."""

    code = "vk_refused"
