"""VK's refusals: their codes and the words that the stand-in gives with them."""

from typing import NamedTuple

# Codes are VK's (API 5.199); the wording is the stand-in's own.
REASONS: dict[int, str] = {
    1: "Unknown error, try again later",
    3: "Unknown method",
    5: "User authorization failed: invalid access_token",
    6: "Too many requests per second",
    7: "Permission to perform this action is denied",
    9: "Flood control",
    10: "Internal server error",
    12: "Unable to compile code",
    13: "Runtime error during code invocation",
    14: "Captcha needed",
    15: "Access denied",
    17: "Validation required",
    18: "User was deleted or banned",
    20: "Permission denied for non-standalone applications",
    27: "Group authorization failed",
    28: "Application authorization failed",
    29: "Rate limit reached",
    36: "Method execution was interrupted due to timeout",
    100: "One of the parameters was missing or invalid",
    104: "Not found",
    125: "Invalid group id",
    203: "Access to group denied",
    900: "The user is in the community's blacklist",
    901: "The user has not allowed messages from this community",
    902: "The user's privacy settings forbid messages",
    909: "The message is too old to be edited",
    910: "The message is too big",
    911: "Keyboard format is invalid",
    912: "Chat bot features are switched off in the community's settings",
    914: "Message is too long",
    917: "No access to this chat",
    920: "This kind of message cannot be edited",
    925: "The community is not an admin of this chat",
    927: "Chat does not exist",
    932: "The community cannot interact with this peer",
    936: "Contact not found",
    943: "This intent cannot be used",
    944: "Limit of this intent is exceeded",
    945: "Chat was disabled",
    946: "Chat is not supported",
    950: "The time to reply to this user is over",
    985: "The group is for notifications only",
    987: "A message request is needed",
    988: "The message request is pending",
    2000: "Servers number limit is reached",
}

# A call that meets one of these was wrong by itself: the caller should have checked it before.
CALLERS_FAULT = frozenset({3, 12, 13, 100, 911, 914, 2000})


class Refusal(NamedTuple):
    """Why VK would not do something: its code and what exactly was wrong."""

    code: int
    why: str = ""

    @property
    def message(self) -> str:
        """The text of `error_msg`."""
        reason = REASONS.get(self.code, "Error")
        return f"{reason}: {self.why}" if self.why else reason


class VkError(Exception):
    """VK refuses a call."""

    def __init__(self, code: int, why: str = "") -> None:
        """Take VK's code and what was wrong in this call."""
        self.refusal = Refusal(code, why)
        super().__init__(self.refusal.message)
