"""Users, sessions, tokens: who gets in, how far, and for how long."""

import re
import subprocess
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from harness.client import Client
from harness.server import PASSWORD, Server, binary
from harness.wait import wait_until

SETUP = re.compile(r"(http://\S+)/setup\?token=(\S+)")


def setup_token(server: Server) -> str:
    match = SETUP.search(server.output.text)
    assert match, f"no link was printed: {server.output.text}"
    assert match[1] == server.url
    return match[2]


# ---- the first administrator


def test_the_link_makes_one_administrator(server: Server) -> None:
    token = setup_token(server)
    api = server.api()
    assert api.get("/session", expect=200).json() == {
        "name": None,
        "role": "none",
        "csrf": None,
        "setup_needed": True,
        "registration": False,
        "version": "0.1.0",
    }
    body = {"token": token, "name": "ana", "password": PASSWORD}
    api.post("/setup", json={**body, "token": token[::-1]}, expect=403)
    weak = api.post("/setup", json={**body, "password": "short"}, expect=422).json()
    assert weak["errors"][0]["pointer"] == "/password"
    answer = api.post("/setup", json=body, expect=201).json()
    assert answer["name"] == "ana"
    assert answer["role"] == "admin"
    assert api.get("/session").json()["setup_needed"] is False
    assert api.get("/users", expect=200).json()["items"][0]["name"] == "ana"
    for name in ("bea", "ana"):
        again = server.api().post("/setup", json={**body, "name": name}, expect=403).json()
        assert "used already" in again["detail"]


def test_the_link_is_used_once_by_two_at_the_same_time(server: Server) -> None:
    token = setup_token(server)

    def use(name: str) -> int:
        body = {"token": token, "name": name, "password": PASSWORD}
        return server.api().post("/setup", json=body).status_code

    with ThreadPoolExecutor(4) as threads:
        answers = sorted(threads.map(use, ["ana", "bea", "cai", "dora"]))
    assert answers == [201, 403, 403, 403]


def test_every_start_without_administrator_prints_a_link(server: Server) -> None:
    first = setup_token(server)
    server.output.path.write_text("")
    server.restart()
    second = setup_token(server)
    assert first != second
    body = {"token": first, "name": "ana", "password": PASSWORD}
    server.api().post("/setup", json=body, expect=201)
    server.output.path.write_text("")
    server.restart()
    assert "/setup" not in server.output.text
    server.api().post("/setup", json={**body, "token": second, "name": "bea"}, expect=403)


# ---- sessions


def test_login_opens_a_session_that_logout_ends(server: Server) -> None:
    browser = server.login("viewer")
    assert browser.get("/session").json()["name"] == "viewer"
    assert browser.get("/me", expect=200).json()["role"] == "viewer"
    browser.delete("/session", expect=204)
    browser.get("/me", expect=401)
    assert browser.get("/session").json()["name"] is None


def test_a_stolen_cookie_ends_with_the_session(server: Server) -> None:
    browser = server.login("viewer")
    thief = server.api()
    thief.session.cookies.update(browser.session.cookies)
    thief.get("/me", expect=200)
    browser.delete("/session", expect=204)
    thief.get("/me", expect=401)


def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(server: Server) -> None:
    server.login("viewer")
    login = {"name": "viewer", "password": PASSWORD}
    plain = server.api().post("/session", json=login, expect=200)
    flags = {part.strip().partition("=")[0] for part in plain.headers["Set-Cookie"].split(";")}
    assert {"crisol_session", "HttpOnly", "SameSite", "Path", "Max-Age"} == flags
    assert "SameSite=Strict" in plain.headers["Set-Cookie"]
    https = server.api().post(
        "/session", json=login, headers={"X-Forwarded-Proto": "https"}, expect=200
    )
    assert "Secure" in https.headers["Set-Cookie"].split("; ")


def test_a_session_changes_nothing_without_its_csrf_token(server: Server) -> None:
    browser = server.login("developer")
    good = browser.session.headers.pop("X-CSRF-Token")
    browser.get("/me", expect=200)
    refused = browser.patch("/me", json={"theme": "dark"}, expect=403).json()
    assert "X-CSRF-Token" in refused["detail"]
    other = server.login("viewer").session.headers["X-CSRF-Token"]
    for wrong in ("", "x", other, good[:-1], good + "0"):
        browser.patch("/me", json={"theme": "dark"}, headers={"X-CSRF-Token": wrong}, expect=403)
    browser.patch("/me", json={"theme": "dark"}, headers={"X-CSRF-Token": good}, expect=200)


def test_a_session_secret_is_no_token_and_a_token_no_cookie(server: Server) -> None:
    browser = server.login("viewer")
    secret = browser.session.cookies["crisol_session"]
    Client(server.url + "/api/v1", secret).get("/me", expect=401)
    token = server.token("viewer")
    server.api().get("/me", headers={"Cookie": f"crisol_session={token}"}, expect=401)


@pytest.mark.serve(clock="2026-01-01T00:00:00Z")
def test_a_session_that_nobody_uses_ends(server: Server) -> None:
    browser = server.login("viewer")
    server.token("admin")
    server.advance(30 * 86400)

    def ended() -> bool:
        return browser.get("/me").status_code == 401

    wait_until(ended, 8, 0.2, "the session to end")


# ---- guessing


@pytest.mark.serve(clock="2026-01-01T00:00:00Z")
def test_guessing_is_slowed_down(server: Server) -> None:
    server.login("viewer")
    api = server.api()
    wrong = {"name": "viewer", "password": "wrong password"}
    answers = [api.post("/session", json=wrong) for _ in range(12)]
    assert [answer.status_code for answer in answers] == [401] * 10 + [429] * 2
    assert answers[-1].headers["Retry-After"].isdigit()
    assert 1 <= int(answers[-1].headers["Retry-After"]) <= 90
    right = {"name": "viewer", "password": PASSWORD}
    api.post("/session", json=right, expect=429)
    server.login("developer")  # others are not locked out
    server.advance(int(answers[-1].headers["Retry-After"]))
    api.post("/session", json=right, expect=200)
    assert api.post("/session", json=wrong).status_code == 401  # a right password starts afresh


@pytest.mark.serve(clock="2026-01-01T00:00:00Z")
def test_guessing_many_names_from_one_address_is_slowed_down(server: Server) -> None:
    api = server.api()
    statuses = [
        api.post("/session", json={"name": f"user{i}", "password": "guess"}).status_code
        for i in range(33)
    ]
    assert statuses == [401] * 30 + [429] * 3


@pytest.mark.parametrize("behind_proxy", ["false", "true"])
@pytest.mark.parametrize("store", ["sqlite"], indirect=True)
def test_an_address_is_believed_from_a_proxy_alone(
    server_factory: Callable[..., Server], behind_proxy: str
) -> None:
    server = server_factory(
        clock="2026-01-01T00:00:00Z",
        settings={"http.behind_proxy": behind_proxy, "identity.login_attempts": "1"},
    )

    def guess(i: int, forwarded: str) -> int:
        body = {"name": f"user{i}", "password": "guess"}
        headers = {"X-Forwarded-For": forwarded}
        return server.api().post("/session", json=body, headers=headers).status_code

    from_one = [guess(i, "203.0.113.9, 198.51.100.7") for i in range(4)]
    assert from_one == [401, 401, 401, 429]
    # What the client itself wrote before the proxy's word makes no difference.
    assert guess(5, "192.0.2.1, 198.51.100.7") == 429
    assert guess(6, "198.51.100.8") == (401 if behind_proxy == "true" else 429)
    assert guess(7, "no address") == (401 if behind_proxy == "true" else 429)


def test_an_unknown_name_takes_as_long_as_a_wrong_password(server: Server) -> None:
    server.login("viewer")
    api = server.api()

    def seconds(name: str) -> float:
        start = time.monotonic()
        answer = api.post("/session", json={"name": name, "password": "wrong password"})
        assert answer.status_code == 401
        assert answer.json()["detail"] == "the name or the password is wrong"
        return time.monotonic() - start

    known = sorted(seconds("viewer") for _ in range(4))[1]
    unknown = sorted(seconds(f"nobody{i}") for i in range(4))[1]
    assert unknown > known / 3


# ---- tokens


def test_a_token_is_shown_once_and_dies_when_it_is_revoked(server: Server) -> None:
    developer = server.login("developer")
    made = developer.post("/tokens", json={"label": "notebook", "role": "service"}, expect=201)
    token = made.json()["token"]
    assert re.fullmatch(r"crs_[0-9A-Za-z]{40}", token)
    listed = developer.get("/tokens", expect=200)
    assert token not in listed.text
    assert [(t["label"], t["role"]) for t in listed.json()["items"]] == [("notebook", "service")]
    program = Client(server.url + "/api/v1", token)
    program.get("/me", expect=403)
    developer.delete(f"/tokens/{made.json()['id']}", expect=204)
    program.get("/me", expect=401)
    developer.delete(f"/tokens/{made.json()['id']}", expect=404)
    program.close()


def test_a_token_cannot_do_more_than_who_makes_it(server: Server) -> None:
    viewer = server.api("viewer")
    refused = viewer.post("/tokens", json={"role": "developer"}, expect=422).json()
    assert refused["errors"][0]["pointer"] == "/role"
    viewer.post("/tokens", json={"role": "king"}, expect=422)
    assert viewer.post("/tokens", json={}, expect=201).json()["role"] == "viewer"


def test_a_token_follows_its_user_down(server: Server) -> None:
    admin, developer = server.api("admin"), server.api("developer")
    developer.get("/me", expect=200)
    developer.get("/users", expect=403)
    admin.patch("/users/developer", json={"role": "viewer"}, expect=200)
    assert developer.get("/me").json()["role"] == "viewer"
    admin.patch("/users/developer", json={"role": "admin"}, expect=200)
    assert developer.get("/me").json()["role"] == "developer"  # the token's own role is the lid


def test_tokens_of_others_are_the_administrators_business(server: Server) -> None:
    admin, viewer = server.api("admin"), server.api("viewer")
    made = server.api("developer").post("/tokens", json={"label": "x"}, expect=201).json()
    viewer.get("/tokens?user=*", expect=403)
    viewer.delete(f"/tokens/{made['id']}", expect=404)
    everybody = admin.get("/tokens?user=*", expect=200).json()["items"]
    assert {token["user"] for token in everybody} == {"admin", "developer", "viewer"}
    assert all(
        t["user"] == "developer" for t in admin.get("/tokens?user=developer").json()["items"]
    )
    admin.delete(f"/tokens/{made['id']}", expect=204)


def test_when_a_token_was_last_used_is_written_down(server: Server) -> None:
    viewer = server.api("viewer")
    viewer.get("/me", expect=200)
    assert viewer.get("/tokens").json()["items"][0]["last_used"] is not None
    assert server.api("admin").get("/users/viewer").json()["last_seen"] is not None


def test_a_token_revoked_elsewhere_stops_within_five_seconds(server: Server) -> None:
    viewer = server.api("viewer")
    viewer.get("/me", expect=200)
    line = next(
        line for line in server.cli("token", "list").stdout.splitlines() if "viewer" in line
    )
    server.cli("token", "revoke", line.split("\t")[0])
    started = time.monotonic()
    wait_until(lambda: viewer.get("/me").status_code == 401, 8, 0.1, "the token to stop")
    assert time.monotonic() - started < 6


@pytest.mark.parametrize("store", ["postgres"], indirect=True)
def test_what_one_node_changes_counts_on_the_other(server_factory: Callable[..., Server]) -> None:
    here, there = server_factory(settings={"node": "1"}), server_factory(settings={"node": "2"})
    admin, viewer = here.api("admin"), here.token("viewer")
    elsewhere = Client(there.url + "/api/v1", viewer)
    elsewhere.get("/me", expect=200)
    session = there.api().login("viewer", PASSWORD)
    session.get("/me", expect=200)
    admin.delete("/users/viewer", expect=204)
    here.api("viewer").get("/me", expect=401)
    started = time.monotonic()
    for client in (elsewhere, session):
        wait_until(lambda c=client: c.get("/me").status_code == 401, 8, 0.1, "the change")
    assert time.monotonic() - started < 6
    elsewhere.close()


# ---- users


def test_an_administrator_keeps_the_users(server: Server) -> None:
    admin = server.api("admin")
    made = admin.post("/users", json={"name": "bea", "password": PASSWORD, "role": "developer"})
    assert made.status_code == 201
    assert made.json().keys() == {"name", "role", "created", "last_seen"}
    taken = admin.post("/users", json={"name": "bea", "password": PASSWORD}, expect=409).json()
    assert taken["code"] == "exists"
    bea = server.api().login("bea", PASSWORD)
    admin.patch("/users/bea", json={"password": "another password"}, expect=200)
    bea.get("/me", expect=401)  # a new password ends the sessions
    server.api().login("bea", "another password")
    admin.delete("/users/bea", expect=204)
    admin.get("/users/bea", expect=404)
    body = {"name": "bea", "password": "another password"}
    assert server.api().post("/session", json=body).status_code == 401


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"name": "", "password": PASSWORD}, "/name"),
        ({"name": "a b", "password": PASSWORD}, "/name"),
        ({"name": "ä", "password": PASSWORD}, "/name"),
        ({"name": "x" * 65, "password": PASSWORD}, "/name"),
        ({"name": "../../etc", "password": PASSWORD}, "/name"),
        ({"name": 7, "password": PASSWORD}, "/name"),
        ({"password": PASSWORD}, "/name"),
        ({"name": "bea"}, "/password"),
        ({"name": "bea", "password": "seven77"}, "/password"),
        ({"name": "bea", "password": "x" * 257}, "/password"),
        ({"name": "bea", "password": PASSWORD, "role": "service"}, "/role"),
        ({"name": "bea", "password": PASSWORD, "role": ["admin"]}, "/role"),
    ],
)
@pytest.mark.parametrize("store", ["sqlite"], indirect=True)
def test_a_bad_user_is_refused_with_its_place(server: Server, body: dict, pointer: str) -> None:
    answer = server.api("admin").post("/users", json=body, expect=422).json()
    assert answer["errors"][0]["pointer"] == pointer


def test_the_last_administrator_stays(server: Server) -> None:
    admin = server.api("admin")
    for answer in (
        admin.delete("/users/admin", expect=409),
        admin.patch("/users/admin", json={"role": "viewer"}, expect=409),
    ):
        assert "last administrator" in answer.json()["detail"]
    done = server.cli("user", "remove", "admin", expect=1)
    assert "last administrator" in done.stderr
    admin.post("/users", json={"name": "bea", "password": PASSWORD, "role": "admin"}, expect=201)
    admin.delete("/users/admin", expect=204)
    admin.get("/me", expect=401)


def test_two_administrators_cannot_remove_each_other(server: Server) -> None:
    server.login("admin")
    server.cli("user", "add", "bea", "--role", "admin", "--password-stdin", stdin=f"{PASSWORD}\n")
    admins = {"admin": server.api().login("admin", PASSWORD)}
    admins["bea"] = server.api().login("bea", PASSWORD)
    with ThreadPoolExecutor(2) as threads:
        answers = threads.map(
            lambda who: admins[who[0]].delete(f"/users/{who[1]}").status_code,
            [("admin", "bea"), ("bea", "admin")],
        )
        assert sorted(answers)[0] == 204
    left = server.cli("user", "list").stdout
    assert left.count("\tadmin\t") == 1


def test_lists_come_in_pages(server: Server) -> None:
    admin = server.api("admin")
    for name in ("b1", "b2", "b3", "b4"):
        admin.post("/users", json={"name": name, "password": PASSWORD}, expect=201)
    names, cursor = [], ""
    while cursor is not None:
        page = admin.get(f"/users?limit=2{cursor and '&cursor=' + cursor}", expect=200).json()
        assert len(page["items"]) <= 2
        names += [user["name"] for user in page["items"]]
        cursor = page["next_cursor"]
    assert names == ["b4", "b3", "b2", "b1", "admin"]
    admin.get("/users?limit=0", expect=422)
    admin.get("/users?limit=501", expect=422)
    admin.get("/users?cursor=nonsense", expect=422)


# ---- oneself


def test_everybody_chooses_language_theme_and_password(server: Server) -> None:
    browser = server.login("viewer")
    me = browser.patch("/me", json={"language": "pt", "theme": "dark"}, expect=200).json()
    assert (me["language"], me["theme"]) == ("pt", "dark")
    assert browser.patch("/me", json={"language": "xx"}, expect=422).json()["errors"]
    new = {"password": "quite another one"}
    browser.patch("/me", json=new, expect=422)  # without the current one
    browser.patch("/me", json={**new, "current_password": "wrong password"}, expect=403)
    elsewhere = server.api().login("viewer", PASSWORD)
    browser.patch("/me", json={**new, "current_password": PASSWORD}, expect=200)
    browser.get("/me", expect=200)
    elsewhere.get("/me", expect=401)
    server.api().login("viewer", "quite another one")


def test_nobody_promotes_himself(server: Server) -> None:
    viewer = server.login("viewer")
    viewer.patch("/me", json={"role": "admin"}, expect=200)
    assert viewer.get("/me").json()["role"] == "viewer"
    viewer.patch("/users/viewer", json={"role": "admin"}, expect=403)


# ---- registration


def test_registration_is_closed_unless_it_is_open(server: Server) -> None:
    body = {"name": "new", "password": PASSWORD}
    server.api().post("/users", json=body, expect=401)
    server.api("developer").post("/users", json=body, expect=403)


@pytest.mark.serve(settings={"identity.registration": "true"})
def test_whoever_registers_becomes_a_viewer(server: Server) -> None:
    assert server.api().get("/session").json()["registration"] is True
    body = {"name": "new", "password": PASSWORD, "role": "admin"}
    assert server.api().post("/users", json=body, expect=201).json()["role"] == "viewer"
    assert server.api().login("new", PASSWORD).get("/me").json()["role"] == "viewer"
    assert server.api().get("/session").json()["setup_needed"] is True  # still nobody in charge
    admin = server.api("admin")
    made = admin.post("/users", json={**body, "name": "boss"}, expect=201).json()
    assert made["role"] == "admin"


# ---- the audit log


def test_who_did_what_is_written_down(server: Server) -> None:
    admin = server.login("admin")
    admin.post("/users", json={"name": "bea", "password": PASSWORD}, expect=201)
    token = admin.post("/tokens", json={"label": "x"}, expect=201).json()
    admin.delete(f"/tokens/{token['id']}", expect=204)
    admin.delete("/users/bea", expect=204)
    items = admin.get("/audit", expect=200).json()["items"]
    assert [(i["actor"], i["action"], i["object"]) for i in items] == [
        ("admin", "user.remove", "bea"),
        ("admin", "token.revoke", token["id"]),
        ("admin", "token.add", token["id"]),
        ("admin", "user.add", "bea"),
        ("admin", "session.open", "admin"),
        ("system", "user.add", "admin"),
    ]
    assert items[0]["address"] == "127.0.0.1"
    assert items[-1]["address"] is None
    assert items[0].keys() == {"id", "time", "actor", "action", "object", "detail", "address"}
    assert token["token"] not in admin.get("/audit").text
    assert PASSWORD not in admin.get("/audit").text


# ---- the command line


def test_users_and_tokens_on_the_command_line(server: Server) -> None:
    made = server.cli("user", "add", "bea", "--role", "admin").stdout
    assert re.fullmatch(r"[0-9A-Za-z]{20}\n", made)
    server.api().login("bea", made.strip())
    again = server.cli("user", "add", "bea", "--role", "admin", expect=1)
    assert "already a user" in again.stderr
    assert "bea\tadmin\t" in server.cli("user", "list").stdout
    token = server.cli("token", "add", "--user", "bea", "--label", "lab").stdout
    assert re.fullmatch(r"crs_[0-9A-Za-z]{40}\n", token)
    assert Client(server.url + "/api/v1", token.strip()).get("/me").json()["name"] == "bea"
    listed = server.cli("token", "list").stdout
    assert "\tbea\tadmin\t" in listed
    assert "\tlab\n" in listed
    server.cli("token", "revoke", listed.split("\t")[0])
    assert server.cli("token", "list").stdout == ""


@pytest.mark.parametrize(
    ("words", "stdin", "status", "says"),
    [
        (["user", "add", "bea"], "", 2, "--role"),
        (["user", "add", "bea", "--role", "king"], "", 1, "viewer, developer or admin"),
        (["user", "add", "bea", "--role", "viewer", "--password-stdin"], "", 1, "no password"),
        (["user", "add", "bea", "--role", "viewer", "--password-stdin"], "short\n", 1, "8 to 256"),
        (["user", "add", "b b", "--role", "viewer"], "", 1, "1 to 64 characters"),
        (["user", "remove", "nobody"], "", 1, "no user named"),
        (["token", "add"], "", 2, "--user"),
        (["token", "add", "--user", "nobody"], "", 1, "no user named"),
        (["token", "revoke", "zzz"], "", 1, "not a token's id"),
        (["user", "add", "bea", "--colour", "red"], "", 2, "no option --colour"),
        (["user", "add"], "", 2, "NAME is missing"),
        (["user", "list", "more"], "", 2, "one word too many"),
    ],
)
@pytest.mark.parametrize("store", ["sqlite"], indirect=True)
def test_the_command_line_says_what_is_wrong(
    server: Server, words: list[str], stdin: str, status: int, says: str
) -> None:
    done = server.cli(*words, stdin=stdin, expect=status)
    assert says in done.stderr
    assert done.stdout == ""


@pytest.mark.parametrize("store", ["sqlite"], indirect=True)
def test_a_label_cannot_command_a_terminal(server: Server) -> None:
    api = server.api("viewer")
    for label in ("a\nb", "\x1b[31mred", "a\tb", "\x7f", "x" * 201):
        problem = api.post("/tokens", json={"label": label}, expect=422).json()
        assert problem["errors"][0]["pointer"] == "/label"
        words = ("token", "add", "--user", "viewer", "--label", label)
        assert "no control characters" in server.cli(*words, expect=1).stderr


@pytest.mark.parametrize("store", ["sqlite"], indirect=True)
def test_a_password_that_no_json_can_hold_is_refused(server: Server) -> None:
    words = ["user", "add", "bea", "--role", "viewer", "--password-stdin"]
    command = [str(binary()), *words, "--data", str(server.data)]
    done = subprocess.run(command, input=b"\xff" * 9, capture_output=True, check=False)
    assert done.returncode == 1
    assert b"a password is UTF-8 text" in done.stderr
