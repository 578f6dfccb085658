"""Traffic: who answers, who shadows, what was decided."""

from collections import Counter

import pytest

from harness import Server, wait_until
from harness.onnx_models import classifier, named, regressor, set_arms, upload

ROW = {"a": 2.0, "b": 1.0}


@pytest.fixture
def three(server: Server) -> Server:
    for bias in (0, 1, 2):
        upload(server.api("developer"), "iris", classifier(bias), **named())
    return server


def answered(server: Server, unit: str | None = None) -> str:
    body = {"rows": [ROW]} | ({"unit": unit} if unit else {})
    answer = server.api("service").post("/models/iris/predict", json=body, expect=200).json()
    return answer["predictions"][0]["version"]


def arm(version: str, mode: str = "champion", **more: float) -> dict:
    return {"version": version, "mode": mode, **more}


def test_split_traffic_follows_its_weights_and_sticks_to_units(three: Server) -> None:
    service = three.api("service")
    set_arms(three.api("developer"), "iris", arm("1"), arm("2", "split", weight=0.3))

    def version(unit: str) -> str:
        body = {"rows": [ROW], "unit": unit}
        return service.post("/models/iris/predict", json=body, expect=200).json()["predictions"][0][
            "version"
        ]

    units = [f"customer-{i}" for i in range(600)]
    first = {unit: version(unit) for unit in units}
    share = Counter(first.values())["2"] / len(units)
    assert 0.22 < share < 0.38  # 0.3 +- 4 standard deviations
    assert {unit: version(unit) for unit in units[:100]} == {u: first[u] for u in units[:100]}
    oip = three.oip()
    data = {"name": "x", "shape": [1, 2], "datatype": "FP32", "data": [2, 1]}
    for unit in units[:50]:
        body = {"inputs": [data], "parameters": {"unit": unit}}
        answer = oip.post("/models/iris/infer", json=body, expect=200).json()
        assert answer["model_version"] == first[unit]
    # More weight moves units to the split arm and none away from it.
    set_arms(three.api("developer"), "iris", arm("1"), arm("2", "split", weight=0.6))
    second = {unit: version(unit) for unit in units}
    assert all(second[unit] == "2" for unit in units if first[unit] == "2")
    assert 0.52 < Counter(second.values())["2"] / len(units) < 0.68
    three.restart()
    service = three.api("service")
    assert {unit: version(unit) for unit in units[:100]} == {u: second[u] for u in units[:100]}


def test_shadows_score_what_the_champion_answers(three: Server) -> None:
    developer = three.api("developer")
    shadows = arm("2", "shadow"), arm("3", "shadow", sample=0.0)
    set_arms(developer, "iris", arm("1"), *shadows)
    for _ in range(10):
        assert answered(three) == "1"

    def scores() -> list[list[str]]:
        items = developer.get("/models/iris/predictions").json()["items"]
        return [[score["version"] for score in each["scores"]] for each in items]

    wait_until(lambda: scores() == [["1", "2"]] * 10)
    data = {"name": "x", "shape": [1, 2], "datatype": "FP32", "data": [2, 1]}
    three.oip().post("/models/iris/versions/3/infer", json={"inputs": [data]}, expect=200)
    assert scores()[0] == ["3"]


def test_a_sampled_shadow_scores_its_share(three: Server) -> None:
    developer = three.api("developer")
    set_arms(developer, "iris", arm("1"), arm("2", "shadow", sample=0.5))
    for _ in range(200):
        answered(three)

    def scored() -> int:
        items = developer.get("/models/iris/predictions", params={"limit": 500}).json()["items"]
        return sum(len(each["scores"]) == 2 for each in items)

    wait_until(lambda: scored() > 60)
    assert 60 < scored() < 140


def test_promotion_and_rollback_leave_decisions(three: Server) -> None:
    developer = three.api("developer")
    first = developer.post("/models/iris/promote", json={"version": "2", "reason": "better"})
    assert first.status_code == 200
    assert {"verdict": "promote", "from": "1", "to": "2", "reason": "better"}.items() <= (
        first.json().items()
    )
    assert answered(three) == "2"
    developer.post("/models/iris/promote", json={"version": "3"}, expect=200)
    assert answered(three) == "3"
    assert developer.post("/models/iris/rollback", json={"reason": "worse"}).json()["to"] == "2"
    assert answered(three) == "2"
    # Once more leads further back, not forward again.
    assert developer.post("/models/iris/rollback", json={}).json()["to"] == "1"
    problem = developer.post("/models/iris/rollback", json={}, expect=409).json()
    assert "no earlier champion" in problem["detail"]
    decisions = developer.get("/models/iris/decisions", expect=200).json()["items"]
    assert [(each["verdict"], each["from"], each["to"]) for each in decisions] == [
        ("rollback", "2", "1"),
        ("rollback", "3", "2"),
        ("promote", "2", "3"),
        ("promote", "1", "2"),
        ("promote", None, "1"),
    ]
    page = developer.get("/models/iris/decisions", params={"limit": 2}).json()
    rest = developer.get(
        "/models/iris/decisions", params={"limit": 500, "cursor": page["next_cursor"]}
    ).json()
    assert page["items"] + rest["items"] == decisions


def test_a_change_of_arms_tells_what_it_changed(three: Server) -> None:
    developer = three.api("developer")
    set_arms(developer, "iris", arm("1"), arm("2", "shadow", sample=0.5))
    set_arms(developer, "iris", arm("1"), arm("3", "split", weight=0.25))
    last = developer.get("/models/iris/decisions", expect=200).json()["items"][0]
    assert (last["verdict"], last["from"], last["to"]) == ("arms", "1", "1")
    before, after = last["evidence"]["before"], last["evidence"]["after"]
    assert [(each["version"], each["mode"], each["sample"]) for each in before] == [
        ("1", "champion", None),
        ("2", "shadow", 0.5),
    ]
    assert [(each["version"], each["mode"], each["weight"]) for each in after] == [
        ("1", "champion", None),
        ("3", "split", 0.25),
    ]


def test_the_old_champion_takes_the_place_of_the_new_one(three: Server) -> None:
    developer = three.api("developer")
    set_arms(developer, "iris", arm("1"), arm("2", "shadow", sample=0.5))
    developer.post("/models/iris/promote", json={"version": "2"}, expect=200)
    arms = developer.get("/models/iris/arms").json()["arms"]
    assert [(each["version"], each["mode"], each["sample"]) for each in arms] == [
        ("1", "shadow", 0.5),
        ("2", "champion", None),
    ]
    developer.post("/models/iris/promote", json={"version": "3"}, expect=200)
    arms = developer.get("/models/iris/arms").json()["arms"]
    assert [(each["version"], each["mode"]) for each in arms] == [
        ("1", "shadow"),
        ("3", "champion"),
    ]


def test_a_promotion_with_all_arms_taken_loses_none(server: Server) -> None:
    developer = server.api("developer")
    for bias in range(17):
        upload(developer, "iris", classifier(bias), **named())
    shadows = [arm(str(number), "shadow") for number in range(1, 16)]
    set_arms(developer, "iris", *shadows, arm("16"))
    developer.post("/models/iris/promote", json={"version": "17"}, expect=200)
    arms = developer.get("/models/iris/arms").json()["arms"]
    assert [each["version"] for each in arms] == [*(str(n) for n in range(1, 16)), "17"]
    assert answered(server) == "17"


WRONG = [
    ([], "/arms"),
    ([arm("1", "shadow")], "/arms"),
    ([arm("1"), arm("2")], "/arms"),
    ([arm("1"), arm("1", "shadow")], "/arms/1/version"),
    ([arm("1"), arm("9", "shadow")], "/arms/1/version"),
    ([arm("1"), arm("x", "shadow")], "/arms/1/version"),
    ([arm("1"), arm("-2", "shadow")], "/arms/1/version"),
    ([arm("1"), arm("2", "boss")], "/arms/1/mode"),
    ([arm("1"), {"version": "2"}], "/arms/1/mode"),
    ([arm("1"), arm("2", "split")], "/arms/1/weight"),
    ([arm("1"), arm("2", "split", weight=1.5)], "/arms/1/weight"),
    ([arm("1"), arm("2", "split", weight="a")], "/arms/1/weight"),
    ([arm("1"), arm("2", "split", weight=0.6), arm("3", "split", weight=0.6)], "/arms"),
    ([arm("1"), arm("2", "shadow", sample=-1)], "/arms/1/sample"),
    ([arm("1")] * 17, "/arms"),
    ([5], "/arms/0/version"),
    ("champion", "/arms"),
]


def test_arms_that_make_no_sense_change_nothing(three: Server) -> None:
    developer = three.api("developer")
    before = developer.get("/models/iris/arms").json()
    for arms, pointer in WRONG:
        answer = developer.put("/models/iris/arms", json={"arms": arms}, expect=422).json()
        assert answer["errors"][0]["pointer"] == pointer, (arms, answer)
    developer.put("/models/iris/arms", json={}, expect=422)
    developer.put("/models/nope/arms", json={"arms": [arm("1")]}, expect=404)
    for body in ({}, {"version": 0}, {"version": "x"}, {"version": None}, {"version": 1.5}):
        developer.post("/models/iris/promote", json=body, expect=422)
    developer.post("/models/iris/promote", json={"version": "9"}, expect=404)
    developer.post("/models/iris/promote", json={"version": "1"}, expect=409)
    developer.post("/models/nope/promote", json={"version": "1"}, expect=404)
    assert developer.get("/models/iris/arms").json() == before
    assert len(developer.get("/models/iris/decisions").json()["items"]) == 1
    weights = [arm("1"), *(arm(v, "split", weight=w) for v, w in (("2", 0.7), ("3", 0.3)))]
    set_arms(developer, "iris", *weights)
    assert answered(three) in ("2", "3")


def test_a_shadow_of_another_kind_does_not_disturb(server: Server) -> None:
    """It takes other inputs: it cannot score, and the champion answers as ever."""
    developer = server.api("developer")
    upload(developer, "sum", regressor(columns=2), **named())
    upload(developer, "sum", regressor(columns=3))
    set_arms(developer, "sum", arm("1"), arm("2", "shadow"))
    body = {"rows": [ROW]}
    for _ in range(5):
        server.api("service").post("/models/sum/predict", json=body, expect=200)
    items = developer.get("/models/sum/predictions").json()["items"]
    assert [len(each["scores"]) for each in items] == [1] * 5
