"""``/health``, ``/ready`` and ``/metrics``, for those who watch and for balancers. They tell nothing of tenants.

In the web process they stand ahead of everything else, and may have a listener of their own beside the others'. A
worker has them on a listener of its own and nothing else.
"""
