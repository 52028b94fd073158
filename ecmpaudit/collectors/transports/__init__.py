"""How a host is reached: each transport is one module, behind the interface in `interface.py`."""
