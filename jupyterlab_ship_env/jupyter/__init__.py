"""The part that runs in the Jupyter server: the handler of requests, and the sidecar as a child process."""
