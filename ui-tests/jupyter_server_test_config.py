"""The configuration of JupyterLab and Notebook for galata, without authentication: python-tests test security."""

import os

from jupyterlab.galata import configure_jupyter_server

c = get_config()  # noqa: F821

configure_jupyter_server(c)
c.ServerApp.ip = "127.0.0.1"
# The server picks a free port and prints it.
c.ServerApp.port = 0
c.ServerApp.allow_root = True
# The same as galata does for JupyterLab.
c.JupyterNotebookApp.expose_app_in_browser = True
c.LabApp.workspaces_dir = os.path.join(os.environ["SHIP_ENV_UI_FOLDER"], "workspaces")
