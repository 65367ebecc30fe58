"""``tracknet schema``: what editors need to complete and check a configuration."""

import json

from tracknet_core.cli.console import Console


def schema() -> None:
    """Print the JSON Schema of everything installed."""
    from tracknet_core.config.schema_json import json_schema
    from tracknet_core.plugins import registry

    Console().result(json.dumps(json_schema(registry()), indent=2, ensure_ascii=False))
