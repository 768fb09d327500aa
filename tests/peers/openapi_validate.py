"""Checks with openapi-spec-validator that `spec/openapi.json` is valid OpenAPI 3.0.

The validator follows every `$ref`, and also finds duplicate operation ids and undefined path parameters.
"""

import json
import os
import pathlib
import sys

from openapi_spec_validator import OpenAPIV30SpecValidator

ROOT = pathlib.Path(os.environ.get("BATCH_ROOT", pathlib.Path(__file__).parents[2]))


def main():
    document = json.loads((ROOT / "spec/openapi.json").read_text(encoding="utf-8"))
    errors = list(OpenAPIV30SpecValidator(document).iter_errors())
    for error in errors:
        path = "/".join(str(step) for step in getattr(error, "absolute_path", []))
        print(f"{path or 'the document'}: {getattr(error, 'message', error)}")
    schemas = len(document["components"]["schemas"])
    print(f"{len(document['paths'])} paths and {schemas} schemas, {len(errors)} errors")
    return 1 if errors else 0


if __name__ == "__main__":
    sys.exit(main())
