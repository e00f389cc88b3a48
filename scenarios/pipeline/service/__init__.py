"""The model service: a small HTTP server that predicts, fails and dawdles as each request asks it to.

Run it with ``python -m scenarios.pipeline.service``. Only ``server``, ``listener`` and ``__main__`` touch
sockets, clocks or signals; what is answered is for ``endpoints``, ``prediction`` and ``model`` to decide.
"""
