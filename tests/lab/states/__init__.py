"""The broken states of the lab: each is made in the real daemons, and leads back whatever happens in it.

A state is a context manager over the lab, here by subject: `sessions`, `attributes`, `nodes`, `kernel`, `ceilings`,
`routers`. It only changes something; `state.holding` waits until the daemons themselves say that it is so.
"""
