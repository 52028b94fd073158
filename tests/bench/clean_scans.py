"""How many scans of the clean lab find nothing: `python -m tests.bench.clean_scans [SCANS]`, 100 by default."""

from __future__ import annotations

import json
import sys
import tempfile
import time
from pathlib import Path

from tests.lab.laboratory import Lab


def main() -> int:
    """Print each finding and the number of scans without one; return 1 if there was any."""
    wanted = int(sys.argv[1]) if len(sys.argv) > 1 else 100
    clean, started = 0, time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        lab = Lab(Path(folder) / "lab")
        try:
            lab.start()
            lab.wait_clean()
            configuration = lab.configuration()
            for number in range(1, wanted + 1):
                done = lab.scan(configuration=configuration)
                findings = json.loads(done.stdout)["findings"]
                clean += done.returncode == 0 and not findings
                for finding in findings:
                    print(f"scan {number}: {finding['code']} {finding['message']}")
                if number % 10 == 0:
                    print(f"{clean} of {number} scans found nothing, {time.monotonic() - started:.0f} s", flush=True)
        finally:
            lab.stop()
    return int(clean != wanted)


if __name__ == "__main__":
    sys.exit(main())
