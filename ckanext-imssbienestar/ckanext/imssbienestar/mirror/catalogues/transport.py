"""HTTP to a CKAN: the only module of the mirror that knows ``requests``.

Reads are tried again here. Writes never are: a write that broke off may have been applied, so
whoever asked for it looks at the other side first.
"""

from __future__ import annotations

import functools
import json
import os
import random
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urljoin, urlsplit

import requests
from requests.auth import AuthBase
from requests.utils import get_environ_proxies

from ckanext.imssbienestar.mirror.addresses import is_address, is_loopback, is_private_enough
from ckanext.imssbienestar.mirror.catalogues.answers import (
    Answer,
    check_download,
    failure_of_write,
    read_result,
)
from ckanext.imssbienestar.mirror.catalogues.conversation import Conversation, Question, Reply
from ckanext.imssbienestar.mirror.catalogues.network_causes import (
    distrust,
    network_cause,
    never_left,
)
from ckanext.imssbienestar.mirror.catalogues.parts import UploadPart, opened
from ckanext.imssbienestar.mirror.catalogues.retry import Pacer, RetryPolicy, parse_retry_after
from ckanext.imssbienestar.mirror.catalogues.tally import Counters
from ckanext.imssbienestar.mirror.errors import (
    CatalogueUnusableError,
    MirrorTerminalError,
    MirrorTransientError,
    OutcomeUnknownError,
    UnreachableError,
)
from ckanext.imssbienestar.mirror.logs import Call, OnCall, ignore
from ckanext.imssbienestar.mirror.tokens import Secret

if TYPE_CHECKING:
    from ckanext.imssbienestar.mirror.settings import LimitSettings

T = TypeVar("T")

_CHUNK = 1024 * 1024
_MOST_REDIRECTS = 5
_POLITE_INTERVAL = 0.25  # seconds between calls to another machine
_REDIRECTS = (301, 302, 303, 307, 308)


@dataclass(frozen=True)
class TransportOptions:
    """How to call: see :class:`~ckanext.imssbienestar.mirror.settings.LimitSettings`.

    :ivar interval: seconds between calls; None for what is fit for the machine that is called.
    :ivar at_once: calls under way, over all threads.
    """

    agent: str
    timeout: tuple[float, float]
    policy: RetryPolicy
    interval: float | None
    at_once: int

    @classmethod
    def of(cls, limits: LimitSettings, agent: str) -> TransportOptions:
        """The options that the settings ask for."""
        policy = RetryPolicy(
            limits.attempts,
            limits.first_delay,
            limits.longest_delay,
            limits.longest_retry_after,
        )
        timeout = (limits.connect_timeout, limits.read_timeout)
        interval, at_once = limits.minimum_interval_seconds, limits.calls_at_once
        return cls(agent, timeout, policy, interval, at_once)


class _TokenForOneOrigin(AuthBase):
    """Puts the token on requests to its own origin and takes it off all others."""

    def __init__(self, base_url: str, token: Secret) -> None:
        self._origin = _origin(base_url)
        self._token = token

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        token = self._token.get_secret_value()
        if token and _origin(request.url or "") == self._origin:
            request.headers["Authorization"] = token
        else:
            request.headers.pop("Authorization", None)
        return request


class Transport:
    """Calls to one catalogue.

    :param token: empty for an anonymous reader.
    :param sleep: waits between tries; a test passes its own.
    """

    def __init__(
        self,
        base_url: str,
        token: Secret,
        options: TransportOptions,
        counters: Counters,
        sleep: Callable[[float], None] = time.sleep,
        dice: Callable[[], float] = random.random,
        on_call: OnCall = ignore,
    ) -> None:
        self.base_url = base_url
        self.host = urlsplit(base_url).netloc
        self._auth = _TokenForOneOrigin(base_url, token)
        self._options = options
        self._counters = counters
        interval = options.interval
        if interval is None:
            interval = 0.0 if is_loopback(base_url) else _POLITE_INTERVAL
        self._pacer = Pacer(interval, sleep=sleep)
        self._room = threading.BoundedSemaphore(options.at_once)
        self._sleep = sleep
        self._dice = dice
        self._local = threading.local()
        self._on_call = on_call
        self.conversation = Conversation()

    def read(self, action: str, payload: Mapping[str, Any]) -> Any:
        """Result of an action that changes nothing, tried again on passing failures."""
        ahead = self.conversation.taken(action, payload)
        reply = ahead() if ahead else self._patiently(lambda: self._read_once(action, payload))
        self.conversation.heard(reply)
        return reply.result

    def repeat(self, question: Question) -> Reply:
        """Ask a question again, as :meth:`read` does, to see whether the answer is the same."""
        action, payload = question.action, question.payload
        return self._patiently(lambda: self._read_once(action, payload, question.answer))

    def write(self, action: str, payload: Mapping[str, Any]) -> Any:
        """Result of an action that changes something; one try.

        :raises OutcomeUnknownError: when it may or may not have been applied.
        """
        body = json.dumps(payload).encode()
        headers = {"Content-Type": "application/json"}
        return self._write(action, body, headers)

    def upload(self, action: str, fields: Mapping[str, str], parts: Sequence[UploadPart]) -> Any:
        """Like :meth:`write`, with files streamed from disk and hashed as they leave.

        :raises OutcomeUnknownError: also when other bytes left than those the parts name.
        """
        with opened(parts) as files:
            form: dict[str, Any] = dict(fields)
            for file in files:
                form[file.part.field] = (file.part.name, file, file.part.media_type)
            # Loads all of its package, which a run that sends nothing need not wait for.
            from requests_toolbelt import MultipartEncoder

            encoder = MultipartEncoder(fields=form)
            size = sum(part.path.stat().st_size for part in parts)
            result = self._write(action, encoder, {"Content-Type": encoder.content_type}, size)
        for file in files:
            if file.differs:
                raise OutcomeUnknownError("sent-differs", host=self.host, file=file.part.name)
        self._counters.moved(size)
        return result

    def download(self, url: str, consume: Callable[[Iterator[bytes]], None]) -> str:
        """Stream a file to ``consume``, which starts over on each try; returns its media type.

        Redirects are followed, the token stays with its own origin.
        """
        return self._patiently(lambda: self._download_once(url, consume))

    def wait(self, failures: int, error: MirrorTransientError) -> None:
        """Sleep as long as the policy says after a failure.

        What the other side asked for holds for every thread, not only for the one that was told.
        """
        policy = self._options.policy
        if error.retry_after:
            self._pacer.pause(min(error.retry_after, policy.longest_retry_after))
        self._sleep(policy.delay(failures, error.retry_after, self._dice()))

    def _patiently(self, call: Callable[[], T]) -> T:
        failures = 0
        while True:
            self._local.attempt = failures + 1
            try:
                return call()
            except MirrorTransientError as error:
                failures += 1
                if failures >= self._options.policy.attempts:
                    raise
                self.wait(failures, error)

    def _read_once(self, action: str, payload: Mapping[str, Any], known: str = "") -> Reply:
        self._counters.read()
        body = json.dumps(payload).encode()
        headers = {"Content-Type": "application/json"}
        with self._room, self._call(action, body, headers) as response:
            return Reply(action, payload, self._answer(response, action), known)

    def _write(self, action: str, body: Any, headers: Mapping[str, str], size: int = 0) -> Any:
        self._counters.write()
        self._local.attempt, self._local.bytes = 1, size
        try:
            with self._room, self._call(action, body, headers) as response:
                return read_result(self._answer(response, action))
        except MirrorTransientError as error:
            raise failure_of_write(error, self.host, action) from None

    def _download_once(self, url: str, consume: Callable[[Iterator[bytes]], None]) -> str:
        self._counters.read()
        headers = {"Accept-Encoding": "identity"}
        call = urlsplit(url).path
        for _ in range(_MOST_REDIRECTS + 1):
            if not is_address(url):
                raise CatalogueUnusableError("no-address", host=self.host, location=_told(url))
            if not is_private_enough(url):
                raise CatalogueUnusableError("not-private", host=self.host, location=_told(url))
            with self._room, self._request("GET", url, call, None, headers) as response:
                if response.status_code in _REDIRECTS and response.headers.get("Location"):
                    url = urljoin(url, response.headers["Location"])
                    continue
                check_download(self._answer(response, call, body=response.status_code != 200))
                with self._network_errors(call):
                    consume(self._counted(response.iter_content(_CHUNK)))
                return str(response.headers.get("Content-Type") or "")
        raise CatalogueUnusableError("redirected", host=self.host, location=_told(url), call=call)

    def _call(
        self, action: str, body: Any, headers: Mapping[str, str]
    ) -> AbstractContextManager[requests.Response]:
        url = f"{self.base_url}/api/3/action/{action}"
        return self._request("POST", url, action, body, headers)

    @contextmanager
    def _request(
        self, method: str, url: str, call: str, body: Any, headers: Mapping[str, str]
    ) -> Iterator[requests.Response]:
        self._pacer.wait()
        began, status, failure = time.monotonic(), None, ""
        try:
            with self._network_errors(call), self._half_addresses(call):
                response = self._session().request(
                    method,
                    url,
                    data=body,
                    headers=dict(headers),
                    timeout=self._options.timeout,
                    proxies=_proxies(_origin(url)),
                    allow_redirects=False,
                    stream=True,
                )
            status = response.status_code
            with response:
                yield response
        except (MirrorTerminalError, MirrorTransientError) as error:
            failure = error.sentence.code
            raise
        finally:
            self._tell(method, call, status, time.monotonic() - began, failure)

    def _tell(
        self, method: str, call: str, status: int | None, seconds: float, failure: str
    ) -> None:
        size, self._local.bytes = getattr(self._local, "bytes", 0), 0
        self._on_call(
            Call(
                method=method,
                host=self.host,
                action=call,
                status=status,
                milliseconds=round(seconds * 1000),
                bytes=size,
                attempt=getattr(self._local, "attempt", 1),
                failure=failure,
                dataset=self._counters.dataset_name,
            )
        )

    def _counted(self, chunks: Iterator[bytes]) -> Iterator[bytes]:
        """The same bytes, counted for the log."""
        self._local.bytes = 0
        for chunk in chunks:
            self._local.bytes += len(chunk)
            yield chunk

    def _answer(self, response: requests.Response, call: str, *, body: bool = True) -> Answer:
        with self._network_errors(call):
            content = response.content if body else b""
        retry_after = parse_retry_after(response.headers.get("Retry-After"), datetime.now(UTC))
        return Answer(
            host=self.host,
            call=call,
            status=response.status_code,
            media_type=str(response.headers.get("Content-Type") or ""),
            location=response.headers.get("Location"),
            retry_after=retry_after,
            attempts=self._options.policy.attempts,
            content=content,
        )

    @contextmanager
    def _network_errors(self, call: str) -> Iterator[None]:
        try:
            yield
        except requests.exceptions.SSLError as error:
            if (cause := distrust(error)) is not None:
                raise CatalogueUnusableError("certificate", host=self.host, cause=cause) from None
            # A connection that broke off, also in the middle of a write.
            raise OutcomeUnknownError(
                "unreachable", host=self.host, call=call, cause=network_cause(error)
            ) from None
        except requests.exceptions.ConnectTimeout:
            raise UnreachableError(
                "unreachable", host=self.host, call=call, cause="connect time-out"
            ) from None
        except requests.exceptions.ConnectionError as error:
            kind = UnreachableError if never_left(error) else OutcomeUnknownError
            raise kind(
                "unreachable", host=self.host, call=call, cause=network_cause(error)
            ) from None
        except requests.exceptions.RequestException as error:
            raise OutcomeUnknownError(
                "unreachable", host=self.host, call=call, cause=network_cause(error)
            ) from None

    @contextmanager
    def _half_addresses(self, call: str) -> Iterator[None]:
        """The library reads where an answer points to, even if nobody is to go there."""
        try:
            yield
        except ValueError as error:
            if isinstance(error, requests.exceptions.RequestException):
                raise
            raise CatalogueUnusableError("no-address", host=self.host, location=call) from None

    def _session(self) -> requests.Session:
        """One a thread: sessions keep connections and are not made to be shared."""
        session: requests.Session | None = getattr(self._local, "session", None)
        if session is None:
            session = requests.Session()
            session.auth = self._auth
            # What requests would read in the environment before every call is read once; of a
            # .netrc nothing is: a token goes where the profile says.
            session.trust_env = False
            session.verify = os.environ.get("REQUESTS_CA_BUNDLE") or True
            session.headers["User-Agent"] = self._options.agent
            self._local.session = session
        return session


@functools.cache
def _proxies(origin: tuple[str, str, int]) -> dict[str, str]:
    """The proxies that the environment names for an origin (``HTTPS_PROXY``, ``NO_PROXY``)."""
    scheme, host, port = origin
    place = f"[{host}]" if ":" in host else host
    return dict(get_environ_proxies(f"{scheme}://{place}:{port}"))


def _told(url: str) -> str:
    """An address without its query, which may be as good as a password."""
    return url.split("?")[0]


def _origin(url: str) -> tuple[str, str, int]:
    parts = urlsplit(url)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    return (parts.scheme, parts.hostname or "", port)
