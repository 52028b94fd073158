"""A live Kubernetes cluster, asked by the user's kubectl: its logins, proxies and contexts are solved there."""
