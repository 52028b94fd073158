def test_dump(lab, tmp_path):
    import shutil
    done = lab.scan("--save", "/tmp/factsnap", "-v")
    print(done.stdout[:1500]); print(done.stderr[-6000:])
    with lab.daemon_stopped("node3"):
        done = lab.scan("--save", "/tmp/factsnap3", "-v")
        print(done.stdout[:3000]); print(done.stderr[-3000:])
import pytest
pytestmark = pytest.mark.lab
