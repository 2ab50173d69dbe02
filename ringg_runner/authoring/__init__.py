"""From files to campaigns: everything that is checked before a plan is made."""
