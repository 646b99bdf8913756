"""Start here: `streamlit run app.py`."""

import contextlib
import sys
from collections.abc import AsyncIterator
from typing import Any

import streamlit as st
from starlette.middleware import Middleware

from data import limits, receiving
from data.errors import DataError
from ui import visitors
from ui.uploading import route

try:
    limits.check()
    receiving.largest()
except DataError as problem:
    sys.exit(str(problem))


@contextlib.asynccontextmanager
async def lifespan(app: Any) -> AsyncIterator[None]:
    async with visitors.lifespan(app), route.lifespan(app):
        yield


app = st.App(
    "ui/frame.py",
    middleware=[Middleware(visitors.Visitors)] if visitors.public() else [],
    routes=route.routes(),
    lifespan=lifespan,
)
