"""``jaxrf predict --paths``: the table by residual branches."""

import json

import numpy as np

TARGET = """
import flax.linen as nn
class Net(nn.Module):
    @nn.compact
    def __call__(self, x):
        for _ in range(3):
            x = x + nn.Conv(16, (3,), use_bias=False)(x)
        return x
net = Net()
"""


def test_table_json_and_maps(jaxrf, tmp_path):
    (tmp_path / "net.py").write_text(TARGET)
    command = ("predict", "net.py:net", "--shape", "1,21,16", "--paths")
    code, out, _ = jaxrf(*command)
    assert code == 0
    assert out.startswith("predicted energy of")
    assert "3 residual branches; mean number passed 1." in out
    rows = [line.split() for line in out.splitlines() if line.strip()[:1].isdigit()]
    assert [r[0] for r in rows[:4]] == ["0", "1", "2", "3"]
    assert [r[3] for r in rows[:4]] == ["1", "3", "5", "7"]
    document = json.loads(jaxrf(*command, "-f", "json", "-o", tmp_path / "paths.npz").out)
    assert len(document["share"]) == 4
    assert abs(sum(document["share"]) - 1) < 1e-9
    with np.load(tmp_path / "paths.npz") as stored:
        assert stored["maps"].shape == (4, 21)


def test_without_a_residual_branch_it_is_one_line(jaxrf):
    code, _, err = jaxrf("predict", "@net", "--shape", "1,16,16,3", "--paths")
    assert (code, err.count("\n")) == (2, 1)
    assert "got no residual branch" in err
