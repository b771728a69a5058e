"""Governance: the year's plan and targets with every change of them, its reason, its date and its approval.

It owns what was planned, never what was reached: that is measured. Policies, training, audits and evidence follow.
"""
