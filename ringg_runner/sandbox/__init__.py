"""The embedded Ringg API on loopback, so that an apply can be rehearsed without calling anybody.

Imports nothing of the rest of the package, and only the command line imports it.
"""

from ringg_runner.sandbox.app import BASE_PATH, STARTS_PATH, create_app
from ringg_runner.sandbox.errors import ErrorStyle
from ringg_runner.sandbox.faults import AnswerLostError, Fault, FaultKind, ListFault, parse_fault
from ringg_runner.sandbox.in_process import InProcess
from ringg_runner.sandbox.server import bind, serve
from ringg_runner.sandbox.store import Store, StoreError
from ringg_runner.sandbox.workspace import Workspace, WorkspaceError, load_workspace

__all__ = [
    "BASE_PATH",
    "STARTS_PATH",
    "AnswerLostError",
    "ErrorStyle",
    "Fault",
    "FaultKind",
    "InProcess",
    "ListFault",
    "Store",
    "StoreError",
    "Workspace",
    "WorkspaceError",
    "bind",
    "create_app",
    "load_workspace",
    "parse_fault",
    "serve",
]
