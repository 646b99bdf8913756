"""Providers of mail that anybody can have an address at: it says nothing of where somebody works."""

from __future__ import annotations

_DOMAINS = """
    gmail.com googlemail.com outlook.com outlook.co.il hotmail.com live.com msn.com yahoo.com yahoo.co.uk icloud.com me.com aol.com proton.me
    protonmail.com gmx.com gmx.de mail.com mail.ru yandex.ru
    walla.co.il walla.com netvision.net.il bezeqint.net 012.net.il zahav.net.il inter.net.il
"""
PUBLIC_MAIL = frozenset(_DOMAINS.split())
