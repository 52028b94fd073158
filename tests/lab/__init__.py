"""The lab: the seed's topology from real FRR, BIRD and sshd in network namespaces, and what is tested on it."""
