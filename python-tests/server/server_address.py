"""The address of the Jupyter server that conftest.py starts, and how long its answers may take."""

BASE = "/user/ann/"

#: Long enough for a machine under load; a test that hangs fails here.
PATIENCE_S = 60
