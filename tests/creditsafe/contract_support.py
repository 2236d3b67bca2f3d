"""The provider's published contract (OpenAPI 3.0, paths without version) as the judge of an answer."""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from openapi_core import Config, OpenAPI
from openapi_core.datatypes import RequestParameters
from openapi_core.exceptions import OpenAPIError
from openapi_core.templating.media_types.exceptions import MediaTypeNotFound
from openapi_core.templating.responses.exceptions import ResponseNotFound
from openapi_core.validation.response.exceptions import MissingData
from openapi_core.validation.schemas.exceptions import InvalidSchemaValue
from werkzeug.datastructures import Headers


@dataclass
class Request:
    """A call as openapi-core wants to see it."""

    method: str
    path: str
    content_type: str = ""
    body: bytes | None = None
    host_url: str = ""
    full_url_pattern: str = ""

    def __post_init__(self) -> None:
        self.method = self.method.lower()
        self.full_url_pattern = self.path
        self.parameters = RequestParameters()


@dataclass
class Response:
    """An answer as openapi-core wants to see it."""

    status_code: int
    data: bytes
    content_type: str

    def __post_init__(self) -> None:
        self.headers = Headers()


class Contract:
    """Says of one answer where it deviates: what openapi-core finds, and the keys that the contract does not know."""

    def __init__(self, spec: dict[str, Any]) -> None:
        self.spec = spec
        readers: dict[str, Callable[[bytes], Any]] = {"application/json+pdf": json.loads}
        self._api = OpenAPI.from_dict(spec, config=Config(extra_media_type_deserializers=readers))

    @property
    def operations(self) -> set[tuple[str, str]]:
        """(method, path template) of all there is."""
        verbs = {"get", "post", "put", "patch", "delete"}
        return {(verb.upper(), path) for path, item in self.spec["paths"].items() for verb in item if verb in verbs}

    def template(self, method: str, path: str) -> str:
        """The template that a path fits, the one with most fixed words first; an empty text when there is none."""
        fitting = [one for verb, one in self.operations if verb == method and re.fullmatch(_pattern(one), path)]
        return min(fitting, key=lambda one: one.count("{"), default="")

    def deviations(self, method: str, path: str, *, status: int, body: bytes, kind: str) -> set[str]:
        """Each as `GET /path/{template} 200 place.in.the.body: what`; `kind` is the content type."""
        response = Response(status, body, kind)
        template = self.template(method, path)
        head = f"{method} {template or re.sub('[0-9]+', '{n}', path)} {response.status_code}"
        if not template:
            return {f"{head} : no such operation"}
        found = {f"{head} {where}" for where in self._judged(method, path, response)}
        schema = self._schema(method, template, response)
        if schema and response.data:
            told = json.loads(response.data)
            found |= {f"{head} {where}: unknown key" for where in self._unknown(told, [schema], "")}
        return found

    def _judged(self, method: str, path: str, response: Response) -> Iterator[str]:
        try:
            self._api.validate_response(Request(method, path), response)
        except ResponseNotFound:
            yield ": status"
        except MissingData:
            yield ": no body"
        except OpenAPIError as error:
            cause = error.__cause__
            if isinstance(cause, MediaTypeNotFound):
                yield f": media type {response.content_type}"
            elif isinstance(cause, InvalidSchemaValue):
                for one in cause.schema_errors:
                    yield from _told(one)
            else:
                raise

    def _schema(self, method: str, template: str, response: Response) -> dict[str, Any] | None:
        answers = self.spec["paths"][template][method.lower()]["responses"]
        content = answers.get(str(response.status_code), {}).get("content", {})
        kind = response.content_type.partition(";")[0]
        schema: dict[str, Any] | None = content.get(kind, {}).get("schema")
        return schema

    def _unknown(self, value: Any, schemas: list[dict[str, Any]], where: str) -> Iterator[str]:
        flat = [one for schema in schemas for one in self._resolved(schema)]
        if isinstance(value, list):
            below = [one["items"] for one in flat if "items" in one]
            for item in value:
                yield from self._unknown(item, below, f"{where}.*" if where else "*")
            return
        known: dict[str, list[dict[str, Any]]] = {}
        for one in flat:
            for name, schema in one.get("properties", {}).items():
                known.setdefault(name, []).append(schema)
        if not isinstance(value, dict) or not known:
            return  # an object without properties is whatever it likes to be
        for name, item in value.items():
            place = f"{where}.{name}" if where else name
            if name in known:
                yield from self._unknown(item, known[name], place)
            else:
                yield place

    def _resolved(self, schema: dict[str, Any]) -> Iterator[dict[str, Any]]:
        """The schema and all that it refers to or is made of, as one flat list."""
        if "$ref" in schema:
            target: Any = self.spec
            for step in schema["$ref"].removeprefix("#/").split("/"):
                target = target[step]
            yield from self._resolved(target)
            return
        yield schema
        for name in ("allOf", "oneOf", "anyOf"):
            for part in schema.get(name, ()):
                yield from self._resolved(part)


def _pattern(template: str) -> str:
    return re.sub(r"\{[^}]+\}", "[^/]+", template)


def _told(error: Any) -> Iterator[str]:
    """One error of the schema; where it speaks of alternatives, those of the one that went deepest."""
    branches: dict[Any, list[Any]] = {}
    for below in error.context or ():
        branches.setdefault(below.schema_path[0], []).append(below)
    if branches:
        nearest = max(branches.values(), key=lambda errors: min(len(one.absolute_path) for one in errors))
        for below in nearest:
            yield from _told(below)
        return
    where = ".".join("*" if isinstance(step, int) else str(step) for step in error.absolute_path)
    wanted = error.validator_value if error.validator in {"type", "format"} else ""
    yield f"{where}: {error.validator} {wanted}".rstrip()
