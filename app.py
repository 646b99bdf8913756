"""Start here: `streamlit run app.py`."""

import streamlit as st
from starlette.middleware import Middleware

from ui import visitors

app = st.App(
    "ui/frame.py",
    middleware=[Middleware(visitors.Visitors)] if visitors.public() else [],
    lifespan=visitors.lifespan,
)
