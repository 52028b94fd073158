"""Further topologies of the lab, each as data in a module of its own, and their broken states.

`network.py` says what a topology is, `instance.py` runs one, `state.py` says what a broken state is, `judge.py` holds
what the program says against it. `catalogue.py` lists all.
"""
