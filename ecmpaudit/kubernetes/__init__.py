"""Kubernetes objects, and who announces a Service's addresses: from objects, wherever they come from.

`dump` reads files; a client of the live API would fill the same `Objects`, and nothing else here would change.
"""
