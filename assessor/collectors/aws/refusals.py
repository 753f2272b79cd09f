"""Why AWS did not answer, in words that say what to do. No message of a service is repeated: some quote credentials.

Codes are those of the services' common errors and of botocore's own exceptions.
"""

from __future__ import annotations

import re
from typing import Any

from botocore import exceptions as boto
from botocore.parsers import ResponseParserError

from .calls import Call

_DENIED = re.compile(r"AccessDenied|UnauthorizedOperation|AuthorizationError|NotAuthorized|^403$|^Forbidden$|AllAccessDisabled")
_THROTTLED = re.compile(
    r"Throttl|TooManyRequests|RequestLimitExceeded|SlowDown|ProvisionedThroughputExceeded|BandwidthLimitExceeded|LimitExceeded|^429$"
)
_EXPIRED = re.compile(r"ExpiredToken|TokenRefreshRequired|RequestExpired")
_INVALID = re.compile(
    r"InvalidClientTokenId|UnrecognizedClient|InvalidAccessKeyId|AuthFailure|SignatureDoesNotMatch|InvalidSignature|InvalidToken"
    r"|IncompleteSignature|MissingAuthenticationToken"
)
_DISABLED = re.compile(r"OptInRequired|RegionDisabled|InvalidRegion|IllegalLocationConstraint")
_SKEW = re.compile(r"RequestTimeTooSkewed|RequestInTheFuture")
_SKEW_MESSAGE = re.compile(r"[Ss]ignature (?:expired|not yet current)|clock|too skewed")
_DOWN = re.compile(r"^5\d\d$|InternalError|InternalFailure|InternalServer|ServiceUnavailable|ServerException|ServiceFailure")
_ACTION = re.compile(r"not authorized to perform: ([a-z0-9-]{2,40}:[A-Za-z]{3,80})\b")
_MISSING = re.compile(r"NoSuch|NotFound|^404$")


class Refused(Exception):
    """A call that was not answered: `reason` for people, `cause` for the collector, `code` as the service said it.

    `cause`: denied, throttled, expired, invalid, credentials, disabled, skew, down, unreachable, slow, malformed, missing,
    limit, large, other.
    """

    def __init__(self, cause: str, reason: str, code: str = "") -> None:
        super().__init__(reason)
        self.cause, self.reason, self.code = cause, reason, code


WHOLE = frozenset(("expired", "invalid", "credentials", "skew"))  # what is wrong with every call of an account


def refused(error: Exception, call: Call, regional: bool = False) -> Refused:
    """Say why a call failed. `regional`: the credentials were accepted elsewhere, so a region that rejects them is off."""
    if isinstance(error, Refused):
        return error
    if isinstance(error, boto.ClientError):
        return _answered(error, call, regional)
    for kinds, cause, reason in _LOCAL:
        if isinstance(error, kinds):
            return Refused(cause, reason.format(call=f"{call.service} {call.operation}"))
    return Refused("other", f"{call.service} {call.operation} failed: {type(error).__name__}")


def _answered(error: boto.ClientError, call: Call, regional: bool) -> Refused:
    response: dict[str, Any] = error.response if isinstance(error.response, dict) else {}
    told = response.get("Error") or {}
    code, message = str(told.get("Code", ""))[:80], str(told.get("Message", ""))
    status = str((response.get("ResponseMetadata") or {}).get("HTTPStatusCode", ""))
    name = f"{call.service} {call.operation}"
    if _SKEW.search(code) or ((_INVALID.search(code) or _EXPIRED.search(code)) and _SKEW_MESSAGE.search(message)):
        return Refused("skew", "AWS rejects the time of the requests: set this machine's clock", code)
    if _EXPIRED.search(code):
        return Refused("expired", "the credentials have expired: sign in again", code)
    if _DISABLED.search(code) or (regional and _INVALID.search(code)):
        return Refused("disabled", "the region is not enabled for the account", code)
    if _INVALID.search(code):
        return Refused("invalid", f"AWS does not accept the credentials ({code})", code)
    if _THROTTLED.search(code):
        return Refused("throttled", f"{name} was throttled, and retries did not help: ask fewer regions at once, or later", code)
    if _DENIED.search(code):
        policy = re.search(r"explicit deny in (?:an? )?([a-z][a-z -]{3,40}policy)", message)
        because = f" (an explicit deny in a {policy[1]})" if policy else ""
        action = _ACTION.search(message)  # the service knows best: reading an encrypted object may lack the key
        return Refused("denied", f"may not {name}{because}: grant {action[1] if action else call.action or call.operation}", code)
    if _MISSING.search(code):
        return Refused("missing", f"{name}: there is no such thing", code)
    if _DOWN.search(code) or status.startswith("5"):
        return Refused("down", f"{name} failed on the side of AWS ({code or status}), and retries did not help", code)
    return Refused("other", f"{name} was refused ({code or status or 'no code'})", code)


_LOCAL: tuple[tuple[tuple[type[Exception], ...], str, str], ...] = (
    ((boto.NoCredentialsError,), "credentials", "no AWS credentials were found: sign in, or set AWS_PROFILE"),
    ((boto.PartialCredentialsError,), "credentials", "the AWS credentials are incomplete"),
    (
        (boto.UnauthorizedSSOTokenError, boto.SSOTokenLoadError, boto.TokenRetrievalError),
        "expired",
        "the sign-in has expired: run `aws sso login`",
    ),
    ((boto.CredentialRetrievalError, boto.MetadataRetrievalError), "credentials", "the AWS credentials could not be fetched"),
    ((boto.ConnectTimeoutError, boto.ReadTimeoutError), "slow", "{call} did not answer in time"),
    ((boto.EndpointConnectionError, boto.ProxyConnectionError), "unreachable", "the endpoint of {call} cannot be reached"),
    ((boto.SSLError,), "unreachable", "the endpoint of {call} cannot be trusted (TLS)"),
    (
        (boto.ConnectionClosedError, boto.ResponseStreamingError, boto.IncompleteReadError),
        "unreachable",
        "the endpoint of {call} cut the connection",
    ),
    ((boto.HTTPClientError, boto.ConnectionError), "unreachable", "the endpoint of {call} cannot be reached"),
    ((boto.PaginationError, ResponseParserError), "malformed", "{call} gave an answer that is not understood"),
    ((boto.BotoCoreError,), "other", "{call} could not be made"),
    ((ValueError, KeyError, TypeError, AttributeError), "malformed", "{call} gave an answer that is not understood"),
)
