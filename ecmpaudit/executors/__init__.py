"""Where tasks of plain data are run: in threads of this process, or by the workers of a Dask cluster.

A task may be run twice: what it does is repeatable. Of each task one result counts, by its number.
"""
