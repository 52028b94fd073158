"""Why a next hop is missing: a chain of links from the node's address to the router's kernel, and the first that broke.

Each link is judged by itself: `ok`, `broken` or unknown, with a sentence and the lines it rests on. A later link that
holds proves those before it: a path in the router's BGP table proves the session and the export, whoever was not asked.
"""

from ecmpaudit.rules.causes.chain import Diagnosis, chain_of, diagnose
from ecmpaudit.rules.causes.equal import equal
from ecmpaudit.rules.causes.link import LINKS, Pair, State, Step
from ecmpaudit.rules.causes.speech import REMEDIES, Why, why_missing
from ecmpaudit.rules.causes.table import marks_of
from ecmpaudit.rules.causes.unidentified import why_unidentified

__all__ = [
    "LINKS",
    "REMEDIES",
    "Diagnosis",
    "Pair",
    "State",
    "Step",
    "Why",
    "chain_of",
    "diagnose",
    "equal",
    "marks_of",
    "why_missing",
    "why_unidentified",
]
