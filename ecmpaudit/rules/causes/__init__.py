"""Why a next hop is missing: a chain of links from the node's address to the router's kernel, and the first broken one.

Each link is judged by itself, with a clause and the lines that it rests on. A later link that holds implies those
before it: a path in the router's BGP table implies the session and the export, even where the node was not asked.
"""

from ecmpaudit.rules.causes.chain import LINKS, Diagnosis, chain_of, diagnose
from ecmpaudit.rules.causes.equal import equal
from ecmpaudit.rules.causes.link import Clause, Link, State, Step
from ecmpaudit.rules.causes.missing import REMEDIES, MissingNodes, missing_nodes
from ecmpaudit.rules.causes.pair import Pair
from ecmpaudit.rules.causes.table import marks_of
from ecmpaudit.rules.causes.unidentified import kind_of_unidentified, why_unidentified

__all__ = [
    "LINKS",
    "REMEDIES",
    "Clause",
    "Diagnosis",
    "Link",
    "MissingNodes",
    "Pair",
    "State",
    "Step",
    "chain_of",
    "diagnose",
    "equal",
    "kind_of_unidentified",
    "marks_of",
    "missing_nodes",
    "why_unidentified",
]
