"""Read-only HTTP routes over the data, in the manner of OGC API - Features part 1 (core, GeoJSON, OpenAPI 3.0)."""

from mssmap.api.routes import routes

__all__ = ["routes"]
