"""Faults under load: something is killed, cut or spoilt; nothing may be lost or doubled."""
