"""Keys: who is let in, and who stays outside."""

from __future__ import annotations

import pytest

from passcore.domain.businesses import Role
from passcore.usecases.businesses import RevokeKey, revoke_key
from passweb.auth import KeyRing
from tests.web.houses import STUDIO, Api, make_house, problem, secret, served

GOOD = secret(STUDIO, Role.OWNER)


@pytest.mark.parametrize(
    "authorization",
    [
        None,
        "",
        "Bearer",
        "Bearer ",
        f"Basic {GOOD}",
        GOOD,
        f"Bearer {GOOD}x",
        f"Bearer {GOOD[:-1]}",
        f"Bearer {GOOD.upper()}",
        "Bearer " + "x" * 10_000,
        "Bearer ' OR 1=1 --",
        "Bearer é",
    ],
)
def test_without_a_good_key_nothing_is_told(memory_api: Api, authorization: str | None) -> None:
    headers = {} if authorization is None else {"Authorization": authorization.encode()}
    answer = memory_api.http.get("/api/v1/services", headers=headers)  # type: ignore[arg-type]  # httpx takes bytes too
    problem(answer, 401, "unauthorized")
    assert answer.headers["www-authenticate"].startswith("Bearer")


def test_two_keys_at_once_are_none(memory_api: Api) -> None:
    headers = [("Authorization", f"Bearer {GOOD}"), ("Authorization", f"Bearer {GOOD}")]
    problem(memory_api.http.get("/api/v1/services", headers=headers), 401, "unauthorized")


def test_cookies_and_query_parameters_are_no_keys(memory_api: Api) -> None:
    """X13: another site's page can make a browser send cookies, never a bearer key."""
    answer = memory_api.http.get(
        "/api/v1/services", params={"access_token": GOOD}, headers={"Cookie": f"session={GOOD}"}
    )
    problem(answer, 401, "unauthorized")


def test_the_scheme_is_read_in_any_case(memory_api: Api) -> None:
    answer = memory_api.http.get("/api/v1/services", headers={"Authorization": f"bearer {GOOD}"})
    assert answer.status_code == 200


def test_who_has_no_key_is_told_so_before_anything_else(memory_api: Api) -> None:
    """Neither the body nor the id is looked at: nothing can be learned from either."""
    answer = memory_api.http.post("/api/v1/bookings/nope/complete", content=b"[" * 1000)
    problem(answer, 401, "unauthorized")


def test_a_revoked_key_is_refused_once_it_is_no_longer_remembered() -> None:
    house = make_house()
    ring = KeyRing(house.store, remembered=0)
    principal = ring.find(GOOD)
    assert (principal.business_id, principal.role) == (STUDIO.id, Role.OWNER)
    assert ring.recall(GOOD) is None, "nothing is remembered for longer than was said"
    house.app.run(STUDIO.id, revoke_key, RevokeKey(principal.key_id))
    with served(house) as api:
        problem(api.get("/services"), 401, "unauthorized")


def test_a_good_key_is_remembered_and_a_bad_one_is_not() -> None:
    house = make_house()
    ring = KeyRing(house.store, remembered=60)
    found = ring.find(GOOD)
    assert ring.recall(GOOD) is found
    assert ring.recall(GOOD + "x") is None
