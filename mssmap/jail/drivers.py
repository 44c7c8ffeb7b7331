"""The drivers of GDAL that the reading process has."""

from typing import Final

DRIVERS: Final = ("ESRI Shapefile", "FlatGeobuf")
"""All others are taken away before GDAL starts."""
