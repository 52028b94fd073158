"""The endpoints of the API: which parameters each has, and what answers it; the OpenAPI document is made of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ecmpaudit.auditing.scope import FilterOptions
from ecmpaudit.commands.options import ChangeOptions, RouteOptions
from ecmpaudit.configuration.ages import age_of
from ecmpaudit.digits import number_in
from ecmpaudit.errors import ConfigurationError
from ecmpaudit.reporting.formats import Format

if TYPE_CHECKING:
    from collections.abc import Callable

    from ecmpaudit.commands.serve_state import Published

_TRUE, _FALSE = "true", "false"
_LARGEST_NUMBER = 65535


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter of a query; every one may be left out."""

    name: str
    text: str
    kind: str = "string"
    """`string`, `integer` from 1, or `boolean`."""
    is_repeated: bool = False
    choices: tuple[str, ...] = ()


class Given:
    """The checked parameters of a request."""

    def __init__(self, allowed: tuple[Parameter, ...], pairs: list[tuple[str, str]], prefix: str) -> None:
        """Raises ConfigurationError for a parameter that is not known, given twice or of a wrong form."""
        self.prefix = prefix
        self._values: dict[str, list[str]] = {}
        known = {parameter.name: parameter for parameter in allowed}
        for name, value in pairs:
            if name not in known:
                raise ConfigurationError(f'unknown parameter "{name}"; known: {", ".join(known) or "none"}')
            if name in self._values and not known[name].is_repeated:
                raise ConfigurationError(f'parameter "{name}" is given twice')
            _check(known[name], value)
            self._values.setdefault(name, []).append(value)

    def words(self, name: str) -> tuple[str, ...]:
        """Return all values."""
        return tuple(self._values.get(name, ()))

    def one(self, name: str) -> str | None:
        """Return the value; None where it is not given."""
        return next(iter(self._values.get(name, ())), None)

    def number(self, name: str) -> int | None:
        """Return the number; None where it is not given."""
        value = self.one(name)
        return None if value is None else int(value)

    def is_on(self, name: str) -> bool:
        """Return whether it is `true`."""
        return self.one(name) == _TRUE

    @property
    def filters(self) -> FilterOptions:
        """What is shown."""
        return FilterOptions(*(self.words(name) for name in ("router", "node", "prefix", "vrf", "label")))


def _check(parameter: Parameter, value: str) -> None:
    expected = ""
    if parameter.kind == "integer":
        expected = "" if number_in(value, _LARGEST_NUMBER) else f"a number from 1 to {_LARGEST_NUMBER}"
    elif parameter.kind == "boolean" and value not in {_TRUE, _FALSE}:
        expected = "true or false"
    elif parameter.choices and value not in parameter.choices:
        expected = " or ".join(parameter.choices)
    if expected:
        raise ConfigurationError(f'parameter "{parameter.name}": expected {expected}, found "{value}"')


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One path of the API."""

    path: str
    summary: str
    answer: Callable[[Published, Given], bytes]
    parameters: tuple[Parameter, ...] = ()
    schema: str | None = None
    """The name of the schema of its answer, a file in the folder of schemas."""
    keys: tuple[str, ...] = ()
    """Of its answer, where there is no such file."""


_ROUTER = Parameter("router", "Only these routers: a name, a pattern or a comma list.", is_repeated=True)
_NODE = Parameter("node", "Only these nodes: a name, an address, a pattern or a comma list.", is_repeated=True)
_PREFIX = Parameter("prefix", "Only these prefixes: a prefix, an address or a comma list.", is_repeated=True)
_VRF = Parameter("vrf", "Only these VRFs.", is_repeated=True)
_LABEL = Parameter("label", "Only routers and nodes with this label, such as site=a.", is_repeated=True)
_FILTERS = (_ROUTER, _NODE, _PREFIX, _VRF, _LABEL)
_ROUTES = (
    Parameter("within", "This prefix and all inside it."),
    Parameter("protocol", "bgp, ospf, static …"),
    Parameter("ecmp", "Only routes with several installed next hops.", "boolean"),
    Parameter("lookup", "An address: the longest match, per router and VRF."),
)
_CHANGES = (
    Parameter("lose", "A node that goes, by name or address.", is_repeated=True),
    Parameter("lose-router", "A router that goes.", is_repeated=True),
    Parameter("add", "A node that is added: NAME=ADDRESS.", is_repeated=True),
    Parameter("replace", "A node that goes and the one that comes: OLD=NEW.", is_repeated=True),
    Parameter("weights", "Weights after the change: NODE=WEIGHT.", is_repeated=True),
    Parameter("order", "Also in which order draining all nodes moves the fewest flows.", "boolean"),
    Parameter("min", "How many next hops each prefix has to keep.", "integer"),
    Parameter("model", "How every router chooses a next hop.", choices=("hash-threshold", "modulo-n")),
    Parameter("resilient", "As if each set were a resilient group with so many buckets.", "integer"),
    Parameter("hash", "What is hashed.", choices=("l3", "l4", "inner")),
)


def _report(published: Published, _: Given) -> bytes:
    return published.form(Format.JSON)


def _explain(published: Published, given: Given) -> bytes:
    return published.answers.explain(given.prefix, given.filters)


def _routes(published: Published, given: Given) -> bytes:
    options = RouteOptions(
        within=given.one("within"),
        protocol=given.one("protocol"),
        ecmp=given.is_on("ecmp"),
        lookup=given.one("lookup"),
    )
    return published.answers.routes(given.filters, options)


def _what_if(published: Published, given: Given) -> bytes:
    options = ChangeOptions(
        lose=given.words("lose"),
        lose_routers=given.words("lose-router"),
        add=given.words("add"),
        replace=given.words("replace"),
        weights=given.words("weights"),
        order=given.is_on("order"),
        minimum=given.number("min"),
        model=given.one("model"),
        resilient=given.number("resilient"),
        layer=given.one("hash"),
    )
    return published.answers.what_if(options)


def _runs(published: Published, given: Given) -> bytes:
    since = given.one("since")
    try:
        span = None if since is None else age_of(since)
    except ValueError as error:
        raise ConfigurationError(f'parameter "since": {error}') from None
    return published.answers.runs(span, given.filters)


def _diff(published: Published, given: Given) -> bytes:
    before, after = given.one("before") or "last-1", given.one("after") or "last"
    return published.answers.diff(before, after, given.filters)


ENDPOINTS = (
    Endpoint("/api/v1/report", "The report of the last run", _report, schema="report"),
    Endpoint(
        "/api/v1/explain/{prefix}",
        "The whole chain of one prefix, from the nodes' addresses to the kernels",
        _explain,
        (_ROUTER, _NODE, _VRF, _LABEL),
        schema="explain",
    ),
    Endpoint(
        "/api/v1/routes",
        "The parsed route tables",
        _routes,
        (*_ROUTES, _ROUTER, _PREFIX, _VRF),
        keys=("routes", "unparsed", "messages", "not_read"),
    ),
    Endpoint(
        "/api/v1/runs",
        "The recorded runs and the incidents over time",
        _runs,
        (Parameter("since", "Only the last AGE, for example 7d."), *_FILTERS),
        keys=("runs", "incidents"),
    ),
    Endpoint(
        "/api/v1/diff",
        "What changed between two recorded runs",
        _diff,
        (
            Parameter("before", "A run: 41, last or last-1, which is the default."),
            Parameter("after", "A run; the last one unless given."),
            *_FILTERS,
        ),
        keys=("changes",),
    ),
    Endpoint(
        "/api/v1/what-if",
        "Which flows a planned change moves, and what it leaves; nothing is changed",
        _what_if,
        _CHANGES,
        schema="what-if",
    ),
)


def openapi(schemas: dict[str, Any], version: str) -> dict[str, Any]:
    """Return the OpenAPI document of the API; `schemas` has the schemas of answers by their names."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "ecmpaudit",
            "version": version,
            "description": "What the last run found, in the JSON forms of the commands. Read-only.",
        },
        "paths": {endpoint.path: {"get": _operation(endpoint)} for endpoint in ENDPOINTS},
        "components": {
            "schemas": {name: _inside(name, schema) for name, schema in schemas.items()},
            "securitySchemes": {
                "bearer": {"type": "http", "scheme": "bearer"},
                "basic": {"type": "http", "scheme": "basic", "description": "The token as the password."},
            },
        },
        "security": [{"bearer": []}, {"basic": []}, {}],
    }


def _inside(name: str, schema: Any) -> Any:
    """Return a schema with its references as they are inside of the document, which not all readers follow by `$id`."""
    if isinstance(schema, list):
        return [_inside(name, each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    inside = {key: _inside(name, value) for key, value in schema.items() if key not in {"$schema", "$id"}}
    if isinstance(inside.get("$ref"), str):
        inside["$ref"] = inside["$ref"].replace("#/", f"#/components/schemas/{name}/", 1)
    return inside


def _operation(endpoint: Endpoint) -> dict[str, Any]:
    in_path = {
        "name": "prefix", "in": "path", "required": True, "schema": {"type": "string"},
        "description": "A prefix, or an address for its /32 or /128; the slash may be written as it is.",
    }  # fmt: skip
    has_prefix = "{prefix}" in endpoint.path
    answers = {"200": _json_answer(endpoint)}
    answers["400"] = _text("A parameter cannot be used; the text says which.")
    answers["401"] = _text("A token is needed.")
    answers["503"] = _text("There is no report yet, the history cannot be read, or too many ask at once.")
    return {
        "operationId": endpoint.path.split("/")[3],
        "summary": endpoint.summary,
        "parameters": [*([in_path] if has_prefix else []), *map(_parameter, endpoint.parameters)],
        "responses": answers,
    }


def _json_answer(endpoint: Endpoint) -> dict[str, Any]:
    schema: dict[str, Any] = {"type": "object", "required": list(endpoint.keys)}
    if endpoint.schema:
        schema = {"$ref": f"#/components/schemas/{endpoint.schema}"}
    return {"description": endpoint.summary, "content": {"application/json": {"schema": schema}}}


def _text(meaning: str) -> dict[str, Any]:
    return {"description": meaning, "content": {"text/plain": {"schema": {"type": "string"}}}}


def _parameter(parameter: Parameter) -> dict[str, Any]:
    value: dict[str, Any] = {"type": parameter.kind}
    if parameter.kind == "integer":
        value |= {"minimum": 1, "maximum": _LARGEST_NUMBER}
    if parameter.choices:
        value["enum"] = list(parameter.choices)
    schema = {"type": "array", "items": value} if parameter.is_repeated else value
    return {"name": parameter.name, "in": "query", "description": parameter.text, "schema": schema}
