"""Files come from VK's hosts alone."""

import pytest
from yarl import URL

from integrations.outbound.client import Answer, Refused, TooLarge, TryAgain
from integrations.vk.files import VkFiles
from services.ports import Fetch

HOSTS = ("*.userapi.com", "*.vk.com", "*.vk.ru", "api.vk.ru")


class Client:
    """Answers as it is told."""

    def __init__(self, answer: Answer | Exception) -> None:
        self.answer = answer

    async def download(self, url: str, at_most: int, may: object) -> Answer:
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


def files(answer: Answer | Exception, api_url: str = "https://api.vk.ru/method/") -> VkFiles:
    return VkFiles(Client(answer), HOSTS, api_url)  # type: ignore[arg-type] - its one method


@pytest.mark.parametrize(
    ("url", "may"),
    [
        ("https://sun9-1.userapi.com/a.jpg", True),
        ("https://a.b.c.userapi.com/a.jpg", True),
        ("https://userapi.com/a.jpg", True),
        ("https://SUN9.USERAPI.COM/a.jpg", True),
        ("https://vk.com/doc1_2?hash=3", True),
        ("https://api.vk.ru/x", True),
        ("http://sun9-1.userapi.com/a.jpg", False),
        ("https://userapi.com.evil.example/a.jpg", False),
        ("https://eviluserapi.com/a.jpg", False),
        ("https://evil.example/userapi.com", False),
        ("https://127.0.0.1/", False),
        ("https://localhost/", False),
    ],
)
def test_hosts(url: str, may: bool) -> None:
    """A star stands for any number of labels; only TLS."""
    assert files(Answer(200, None, b"")).may_call(URL(url)) is may


def test_an_api_without_tls_gives_files_without_tls() -> None:
    """A stand-in on this machine has no certificate; nobody else may do without."""
    local = VkFiles(
        Client(Answer(200, None, b"")),  # type: ignore[arg-type] - its one method
        (*HOSTS, "127.0.0.1"),
        "http://127.0.0.1:8010/method/",
    )
    assert local.may_call(URL("http://127.0.0.1:8010/demo/files/photo.jpg"))
    assert not local.may_call(URL("http://sun9-1.userapi.com/a.jpg"))


@pytest.mark.parametrize(
    ("answer", "fetch"),
    [
        (Answer(200, None, b"x"), Fetch(outcome="fetched", content=b"x")),
        (Answer(404, None, b""), Fetch(outcome="refused", code="gone")),
        (Answer(410, None, b""), Fetch(outcome="refused", code="gone")),
        (Answer(403, None, b""), Fetch(outcome="refused", code="gone")),
        (Answer(502, None, b""), Fetch(outcome="retry", code="http_502")),
        (Answer(429, 7.0, b""), Fetch(outcome="retry", code="http_429", retry_after=7.0)),
        (Answer(302, None, b""), Fetch(outcome="retry", code="http_302")),
        (TooLarge(), Fetch(outcome="refused", code="too_large")),
        (Refused(), Fetch(outcome="refused", code="foreign")),
        (TryAgain("timeout"), Fetch(outcome="retry", code="timeout")),
    ],
)
async def test_answers(answer: Answer | Exception, fetch: Fetch) -> None:
    """What is gone stays gone; what is VK's trouble is tried again."""
    assert await files(answer).fetch("https://vk.com/doc1", 10) == fetch
