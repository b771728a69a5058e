"""Access: accounts of staff, their roles with place and days, sign-in, and who may therefore do what.

It owns who somebody is to the programme and what they were granted; what a permission is, is the kernel's, and each
app asks for its own. Sessions of the browser belong to the pages, which keep what `sign_in` returns.
"""
