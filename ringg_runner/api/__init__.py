"""The remote API: what is sent to it, what comes back, and what that means."""
