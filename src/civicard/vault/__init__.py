"""The vault: encryption, blind indexes and signatures under named keys that have versions.

Owns the keystore (a file; a device behind the same interface may come beside it), how fields are encrypted and
signatures made and checked. It knows no policy: which key is for what, who may use it and when it is changed belongs
to the layers above. No Django.
"""
