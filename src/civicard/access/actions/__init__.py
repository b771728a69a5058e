"""What is done with accounts: opened and closed, given roles, signed in to, and their means of signing in changed."""

from civicard.access.actions.accounts import disable_account, first_administrator, open_account, reset_access
from civicard.access.actions.means import change_password, confirm_second_factor, enrol_second_factor
from civicard.access.actions.roles import assign_role, end_role, withdraw_role
from civicard.access.actions.signing_in import sign_in

__all__ = [
    "assign_role",
    "change_password",
    "confirm_second_factor",
    "disable_account",
    "end_role",
    "enrol_second_factor",
    "first_administrator",
    "open_account",
    "reset_access",
    "sign_in",
    "withdraw_role",
]
