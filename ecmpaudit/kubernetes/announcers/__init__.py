"""One module for each load balancer: its own objects, and what follows from them; read through `detection`."""
