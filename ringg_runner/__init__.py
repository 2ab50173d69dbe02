"""Campaigns as code for Ringg AI: manifests in git, a plan to review, one start per list."""

__version__ = "0.1.0"
