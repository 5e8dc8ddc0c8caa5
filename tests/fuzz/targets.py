"""All fuzz targets, by name."""

from __future__ import annotations

from tests.fuzz.files import FILES
from tests.fuzz.golang import GOLANG
from tests.fuzz.logs import LOGS
from tests.fuzz.outputs import OUTPUTS
from tests.fuzz.peers import PEERS

TARGETS = {target.name: target for target in (*GOLANG, *FILES, *LOGS, *PEERS, *OUTPUTS)}
