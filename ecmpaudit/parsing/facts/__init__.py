"""Reads captures that are no route tables: sessions, configurations, ceilings, the addresses and exports of nodes.

One module for each kind of output; `parsers/<platform>/platform.toml` says which command each reads, by the names in
`readers`. An answer that is an error (`% Unknown command`, `syntax error`) has no facts: they stay unknown.
"""
