"""Which URLs the key and webhooks may travel to: https, or plain http that stays on loopback."""

from __future__ import annotations

from urllib.parse import urlsplit

from ringg_runner.authoring import hosts

HINT = "write an https:// URL, without user name, password or white space"


def base_url_problem(url: str) -> str | None:
    """Return what is wrong with an API's base URL, or None."""
    problem = _problem(url)
    if problem is None and ("?" in url or "#" in url):
        return "has a query or a fragment"
    return problem


def callback_url_problem(url: str, *, local: bool) -> str | None:
    """Return what is wrong with a webhook's URL, or None; only a local API may call loopback."""
    problem = _problem(url)
    if problem is None and not local and not url.startswith("https:"):
        return "is not an https URL"
    return problem


def is_private(url: str) -> bool:
    """Tell whether a URL without a problem leads to where only a private network can go."""
    return hosts.is_private(urlsplit(url).hostname or "")


def _problem(url: str) -> str | None:
    if any(char.isspace() or not char.isprintable() for char in url):
        return "holds white space or control characters"
    try:
        parts = urlsplit(url)
        # urlsplit reads the port late, and says only then that it is none.
        _ = parts.port
    except ValueError:
        return "is not a URL"
    if parts.scheme not in ("http", "https") or not parts.hostname:
        return "is not an https URL"
    if "@" in parts.netloc:
        return "holds a user name or a password"
    if parts.scheme == "http" and not hosts.is_loopback(parts.hostname):
        return "is not an https URL"
    return None
