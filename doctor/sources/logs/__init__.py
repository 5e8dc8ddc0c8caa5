"""Reading logs, however they lie about."""

from __future__ import annotations

from doctor.sources.logs.blocks import SIZE, Blocks, Part, Trouble, blocks, parts, whole
from doctor.sources.logs.cutting import Block
from doctor.sources.logs.inputs import Input, expand, total

__all__ = ["SIZE", "Block", "Blocks", "Input", "Part", "Trouble", "blocks", "expand", "parts", "total", "whole"]
