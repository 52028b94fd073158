"""Inventories of other programs: the hosts in them as routers and nodes of the configuration."""
